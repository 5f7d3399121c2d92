#include "common/service/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/base/status.h"

namespace cairn {
namespace {

absl::Status Refused(const std::string& user, const char* step) {
  return Err(absl::StatusCode::kPermissionDenied,
             fmt::format("cannot become user \"{}\": {}: {}", user, step, std::strerror(errno)));
}

absl::Status Become(const passwd& account) {
  const std::string user = account.pw_name;
  if (initgroups(account.pw_name, account.pw_gid) != 0) return Refused(user, "initgroups");
  if (setresgid(account.pw_gid, account.pw_gid, account.pw_gid) != 0) return Refused(user, "setresgid");
  if (setresuid(account.pw_uid, account.pw_uid, account.pw_uid) != 0) return Refused(user, "setresuid");
  // A set-uid call that seems to work but leaves a way back is the oldest mistake of daemons.
  if (account.pw_uid != 0 && setuid(0) == 0) {
    return Err(absl::StatusCode::kInternal, fmt::format("still root after becoming \"{}\"", user));
  }
  return absl::OkStatus();
}

// systemd may have started us as nobody in particular with the capability to open port 53, which is open by
// now.
absl::Status DropCapabilities() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
  // The ambient set follows the permitted one down (capabilities(7)).
  if (syscall(SYS_capset, &header, none) == 0) return absl::OkStatus();
  return Err(absl::StatusCode::kPermissionDenied,
             fmt::format("cannot give up capabilities: {}", std::strerror(errno)));
}

}  // namespace

absl::Status CheckUser(const std::string& user) {
  if (user.empty() || getpwnam(user.c_str()) != nullptr) return absl::OkStatus();
  return Err(absl::StatusCode::kNotFound, fmt::format("there is no user \"{}\" on this system", user));
}

absl::Status DropPrivileges(const std::string& user) {
  CAIRN_RETURN_IF_ERROR(CheckUser(user));
  if (!user.empty()) {
    const passwd* account = getpwnam(user.c_str());
    if (geteuid() == 0) {
      CAIRN_RETURN_IF_ERROR(Become(*account));
    } else if (account->pw_uid != geteuid()) {
      return Err(absl::StatusCode::kPermissionDenied,
                 fmt::format("only root can become user \"{}\": start as root, or leave `user` out", user));
    }
  }
  if (geteuid() != 0) CAIRN_RETURN_IF_ERROR(DropCapabilities());
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Refused(user, "PR_SET_NO_NEW_PRIVS");
  return absl::OkStatus();
}

size_t RaiseDescriptorLimit(size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  rlimit raised{.rlim_cur = wanted, .rlim_max = std::max<rlim_t>(limit.rlim_max, wanted)};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return wanted;
  raised = {.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted), .rlim_max = limit.rlim_max};  // not root
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return raised.rlim_cur;
  return limit.rlim_cur;
}

}  // namespace cairn
