#include "common/dnssec/nsec3_hash.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace cairn {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// A digest fetched once and a context made once: the name-based calls look the algorithm up again each time,
// under a lock, and a context made anew allocates.
class Sha1 {
 public:
  Sha1() : digest_(EVP_MD_fetch(nullptr, "SHA1", nullptr)), context_(EVP_MD_CTX_new()) {
    // A library without SHA-1 serves no NSEC3; there is no answer to be given instead.
    if (digest_ == nullptr || context_ == nullptr ||
        EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) != 1) {
      std::abort();
    }
  }

  void Digest(const uint8_t* octets, size_t size, Nsec3Hash& out) {
    EVP_DigestInit_ex2(context_.get(), nullptr, nullptr);  // the same digest again: nothing is fetched
    EVP_DigestUpdate(context_.get(), octets, size);
    EVP_DigestFinal_ex(context_.get(), out.data(), nullptr);
  }

 private:
  std::unique_ptr<EVP_MD, FreeDigest> digest_;
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context_;
};

}  // namespace

Nsec3Hash HashOwnerName(NameView name, uint16_t iterations, ByteView salt) {
  thread_local Sha1 sha1;
  std::array<uint8_t, kMaxNameOctets + 255> input;
  const auto append_salt = [&](size_t at) {
    if (!salt.empty()) std::memcpy(input.data() + at, salt.data(), salt.size());
    return at + salt.size();
  };
  for (size_t i = 0; i < name.size(); ++i) input[i] = ToLower(name.data()[i]);
  Nsec3Hash hash;
  sha1.Digest(input.data(), append_salt(name.size()), hash);
  if (iterations == 0) return hash;
  const size_t size = append_salt(hash.size());
  for (unsigned i = 0; i < iterations; ++i) {
    std::memcpy(input.data(), hash.data(), hash.size());
    sha1.Digest(input.data(), size, hash);
  }
  return hash;
}

}  // namespace cairn
