// An ordinary program's stub resolver: c-ares on a libuv loop, as a client of a server under test.
//   ares_client ADDRESS PORT NAME [a|aaaa|any] [tcp]   prints one address a line, sorted; exit code 1 and the
//   reason else
//   ares_client - - NAME [a|aaaa|any]                  asks whom /etc/resolv.conf names, as it says
#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <uv.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace {

// One channel and one loop: c-ares names the sockets it waits for, libuv waits for them.
class Client {
 public:
  Client(const char* address, const char* port, bool tcp) {
    uv_loop_init(&loop_);
    uv_timer_init(&loop_, &timer_);
    timer_.data = this;
    ares_library_init(ARES_LIB_INIT_ALL);
    ares_options options{};
    options.lookups = const_cast<char*>("b");
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<Client*>(self)->Watch(socket, readable, writable);
    };
    options.sock_state_cb_data = this;
    int set = ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
    const bool by_resolv_conf = std::strcmp(address, "-") == 0;
    if (!by_resolv_conf) {
      options.flags = ARES_FLAG_EDNS | (tcp ? ARES_FLAG_USEVC : 0);
      options.timeout = 3000;
      options.tries = 2;
      set |= ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
    }
    ares_init_options(&channel_, &options, set);
    const std::string server = std::string(address) + ":" + port;
    if (!by_resolv_conf) ares_set_servers_ports_csv(channel_, server.c_str());
  }

  int Resolve(const char* name, int family) {
    ares_addrinfo_hints hints{};
    hints.ai_family = family;
    hints.ai_flags = ARES_AI_NOSORT;
    ares_getaddrinfo(
        channel_, name, nullptr, &hints,
        [](void* self, int status, int, ares_addrinfo* result) {
          static_cast<Client*>(self)->Finish(status, result);
        },
        this);
    uv_timer_start(
        &timer_,
        [](uv_timer_t* t) {
          ares_process_fd(static_cast<Client*>(t->data)->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        },
        100, 100);
    uv_run(&loop_, UV_RUN_DEFAULT);
    for (const std::string& address : addresses_) std::puts(address.c_str());
    if (status_ != ARES_SUCCESS) std::fprintf(stderr, "%s\n", ares_strerror(status_));
    return status_ == ARES_SUCCESS ? 0 : 1;
  }

 private:
  struct Watched {
    uv_poll_t poll;
    ares_socket_t socket;
    Client* client;
  };

  void Watch(ares_socket_t socket, int readable, int writable) {
    auto at = watched_.find(socket);
    if (!readable && !writable) {
      if (at == watched_.end()) return;
      uv_poll_stop(&at->second->poll);
      uv_close(reinterpret_cast<uv_handle_t*>(&at->second->poll),
               [](uv_handle_t* h) { delete static_cast<Watched*>(h->data); });
      watched_.erase(at);
      return;
    }
    if (at == watched_.end()) {
      auto* fresh = new Watched{{}, socket, this};
      uv_poll_init(&loop_, &fresh->poll, socket);
      fresh->poll.data = fresh;
      at = watched_.emplace(socket, fresh).first;
    }
    uv_poll_start(&at->second->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
                  [](uv_poll_t* poll, int error, int events) {
                    auto* w = static_cast<Watched*>(poll->data);
                    ares_channel channel = w->client->channel_;
                    const ares_socket_t fd = w->socket;
                    const bool in = error < 0 || (events & UV_READABLE),
                               out = error < 0 || (events & UV_WRITABLE);
                    ares_process_fd(channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
                  });
  }

  void Finish(int status, ares_addrinfo* result) {
    status_ = status;
    for (const ares_addrinfo_node* node = result ? result->nodes : nullptr; node != nullptr;
         node = node->ai_next) {
      char text[INET6_ADDRSTRLEN] = "";
      const void* octets =
          node->ai_family == AF_INET
              ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(node->ai_addr)->sin_addr)
              : static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(node->ai_addr)->sin6_addr);
      inet_ntop(node->ai_family, octets, text, sizeof text);
      addresses_.insert(text);
    }
    if (result) ares_freeaddrinfo(result);
    uv_timer_stop(&timer_);
    uv_stop(&loop_);
  }

  uv_loop_t loop_{};
  uv_timer_t timer_{};
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, Watched*> watched_;
  std::set<std::string> addresses_;
  int status_ = ARES_ETIMEOUT;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: ares_client ADDRESS|- PORT|- NAME [a|aaaa|any] [tcp]\n");
    return 2;
  }
  const std::string family = argc > 4 ? argv[4] : "any";
  const bool tcp = argc > 5 && std::strcmp(argv[5], "tcp") == 0;
  // Lives until the process ends: c-ares may still name sockets while a channel is destroyed.
  static Client client(argv[1], argv[2], tcp);
  return client.Resolve(argv[3], family == "a" ? AF_INET : family == "aaaa" ? AF_INET6 : AF_UNSPEC);
}
