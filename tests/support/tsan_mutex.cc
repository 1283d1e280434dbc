// Tells ThreadSanitizer about absl::Mutex.
//
// Debian's Abseil is compiled without instrumentation, so a lock taken inside it is invisible and
// every guarded access would be reported as a race. These definitions stand before the library's:
// each tells the sanitizer what is acquired or released and calls the real one. Linked only into
// test programs of the preset tsan.
//
// While the library runs, it may evaluate conditions that other threads wait for; those reads
// happen under the lock but after the release that was announced, hence they are ignored.

#include <absl/synchronization/blocking_counter.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <absl/time/time.h>
#include <dlfcn.h>

#include <atomic>

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
}

namespace {

struct IgnoreReads {
  IgnoreReads() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~IgnoreReads() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

struct AcquireAtEnd {
  explicit AcquireAtEnd(void* what) : at(what) {}
  ~AcquireAtEnd() { __tsan_acquire(at); }
  void* at;
};

// Calls the library's own definition of `name` (its mangled name) on `self`.
template <typename Result, typename... Args>
Result Real(std::atomic<void*>& cached, const char* name, void* self, Args... args) {
  void* found = cached.load(std::memory_order_relaxed);
  if (found == nullptr) cached.store(found = dlsym(RTLD_NEXT, name), std::memory_order_relaxed);
  return reinterpret_cast<Result (*)(void*, Args...)>(found)(self, args...);
}

}  // namespace

// NAME(mangled, parameters, arguments) of the three shapes below: what takes a lock, what may take
// it, what gives it back, and what gives it back for a while.
#define SKEIN_MUTEX(name) "_ZN4absl7debian35Mutex" name

#define SKEIN_TAKE(mangled, ...)                                          \
  static std::atomic<void*> real = nullptr;                               \
  Real<void>(real, SKEIN_MUTEX(mangled), this __VA_OPT__(, __VA_ARGS__)); \
  __tsan_acquire(this)

#define SKEIN_TRY(mangled)                                         \
  static std::atomic<void*> real = nullptr;                        \
  const bool taken = Real<bool>(real, SKEIN_MUTEX(mangled), this); \
  if (taken) __tsan_acquire(this);                                 \
  return taken

#define SKEIN_GIVE(mangled)                 \
  static std::atomic<void*> real = nullptr; \
  __tsan_release(this);                     \
  IgnoreReads ignore;                       \
  Real<void>(real, SKEIN_MUTEX(mangled), this)

// `mutex` is what is given back and taken again; `symbol` the whole mangled name.
#define SKEIN_WAIT(result, mutex, symbol, ...) \
  static std::atomic<void*> real = nullptr;    \
  const AcquireAtEnd again(mutex);             \
  __tsan_release(mutex);                       \
  IgnoreReads ignore;                          \
  return Real<result>(real, symbol, this __VA_OPT__(, __VA_ARGS__))

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() { SKEIN_TAKE("4LockEv"); }

void Mutex::ReaderLock() { SKEIN_TAKE("10ReaderLockEv"); }

void Mutex::LockWhen(const Condition& condition) {
  SKEIN_TAKE("8LockWhenERKNS0_9ConditionE", &condition);
}

void Mutex::ReaderLockWhen(const Condition& condition) {
  SKEIN_TAKE("14ReaderLockWhenERKNS0_9ConditionE", &condition);
}

bool Mutex::TryLock() { SKEIN_TRY("7TryLockEv"); }

bool Mutex::ReaderTryLock() { SKEIN_TRY("13ReaderTryLockEv"); }

void Mutex::Unlock() { SKEIN_GIVE("6UnlockEv"); }

void Mutex::ReaderUnlock() { SKEIN_GIVE("12ReaderUnlockEv"); }

void Mutex::Await(const Condition& condition) {
  SKEIN_WAIT(void, this, SKEIN_MUTEX("5AwaitERKNS0_9ConditionE"), &condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, absl::Duration timeout) {
  SKEIN_WAIT(bool, this, SKEIN_MUTEX("16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE"),
             &condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, absl::Time deadline) {
  SKEIN_WAIT(bool, this, SKEIN_MUTEX("17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE"), &condition,
             deadline);
}

void CondVar::Wait(Mutex* mutex) {
  SKEIN_WAIT(void, mutex, "_ZN4absl7debian37CondVar4WaitEPNS0_5MutexE", mutex);
}

bool CondVar::WaitWithTimeout(Mutex* mutex, absl::Duration timeout) {
  SKEIN_WAIT(bool, mutex, "_ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE",
             mutex, timeout);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, absl::Time deadline) {
  SKEIN_WAIT(bool, mutex, "_ZN4absl7debian37CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE",
             mutex, deadline);
}

void Notification::Notify() {
  static std::atomic<void*> real = nullptr;
  __tsan_release(this);
  Real<void>(real, "_ZN4absl7debian312Notification6NotifyEv", this);
}

void Notification::WaitForNotification() const {
  static std::atomic<void*> real = nullptr;
  void* self = const_cast<Notification*>(this);
  Real<void>(real, "_ZNK4absl7debian312Notification19WaitForNotificationEv", self);
  __tsan_acquire(self);
}

bool Notification::WaitForNotificationWithTimeout(absl::Duration timeout) const {
  static std::atomic<void*> real = nullptr;
  void* self = const_cast<Notification*>(this);
  const bool notified = Real<bool>(
      real, "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE", self,
      timeout);
  if (notified) __tsan_acquire(self);
  return notified;
}

bool BlockingCounter::DecrementCount() {
  static std::atomic<void*> real = nullptr;
  __tsan_release(this);
  return Real<bool>(real, "_ZN4absl7debian315BlockingCounter14DecrementCountEv", this);
}

void BlockingCounter::Wait() {
  static std::atomic<void*> real = nullptr;
  Real<void>(real, "_ZN4absl7debian315BlockingCounter4WaitEv", this);
  __tsan_acquire(this);
}

ABSL_NAMESPACE_END
}  // namespace absl
