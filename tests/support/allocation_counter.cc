#include "tests/support/allocation_counter.h"

#include <cstdlib>
#include <new>

#if defined(__SANITIZE_THREAD__)
#define CAIRN_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CAIRN_THREAD_SANITIZER 1
#endif
#endif

namespace {

thread_local size_t allocations_of_thread = 0;

}  // namespace

#if !defined(CAIRN_THREAD_SANITIZER)
namespace {

void* Allocate(size_t octets) {
  ++allocations_of_thread;
  if (void* memory = std::malloc(octets == 0 ? 1 : octets)) return memory;
  std::abort();  // a test machine without memory has nothing to tell
}

void* AllocateAligned(size_t octets, std::align_val_t alignment) {
  ++allocations_of_thread;
  const size_t align = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (octets + align - 1) / align * align)) return memory;
  std::abort();
}

}  // namespace

// Every form: those of a sanitizer's runtime, which any form left out would fall back to, are no match for
// malloc.
using Alignment = std::align_val_t;
void* operator new(size_t octets) { return Allocate(octets); }
void* operator new[](size_t octets) { return Allocate(octets); }
void* operator new(size_t octets, const std::nothrow_t&) noexcept { return Allocate(octets); }
void* operator new[](size_t octets, const std::nothrow_t&) noexcept { return Allocate(octets); }
void* operator new(size_t octets, Alignment alignment) { return AllocateAligned(octets, alignment); }
void* operator new[](size_t octets, Alignment alignment) { return AllocateAligned(octets, alignment); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, Alignment) noexcept { std::free(memory); }
void operator delete[](void* memory, Alignment) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, Alignment) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, Alignment) noexcept { std::free(memory); }
#endif

namespace cairn::testing {

AllocationCounter::AllocationCounter() : at_start_(allocations_of_thread) {}

size_t AllocationCounter::count() const { return allocations_of_thread - at_start_; }

}  // namespace cairn::testing
