// Status helpers: what Debian's Abseil (20220623, not std-aliased) leaves out.
//
// Every fallible function returns absl::Status or absl::StatusOr<T>. The factories below take
// std::string_view and join their arguments, because Debian's absl::string_view does not convert
// from std's. Messages give the value and the limit and never another case's data.
#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace skein {

// Conversions between the two string views; both borrow.
inline absl::string_view ToAbsl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view ToStd(absl::string_view s) { return {s.data(), s.size()}; }

namespace internal {
template <typename... Parts>
std::string Join(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}
}  // namespace internal

// Factories: InvalidArgument("row ", 812, ": 3 columns, mapping needs 5").
#define SKEIN_STATUS_FACTORY(name, code)                         \
  template <typename... Parts>                                   \
  [[nodiscard]] absl::Status name(const Parts&... parts) {       \
    return absl::Status(code, ToAbsl(internal::Join(parts...))); \
  }
SKEIN_STATUS_FACTORY(InvalidArgument, absl::StatusCode::kInvalidArgument)
SKEIN_STATUS_FACTORY(NotFound, absl::StatusCode::kNotFound)
SKEIN_STATUS_FACTORY(AlreadyExists, absl::StatusCode::kAlreadyExists)
SKEIN_STATUS_FACTORY(Aborted, absl::StatusCode::kAborted)
SKEIN_STATUS_FACTORY(Cancelled, absl::StatusCode::kCancelled)
SKEIN_STATUS_FACTORY(DeadlineExceeded, absl::StatusCode::kDeadlineExceeded)
SKEIN_STATUS_FACTORY(ResourceExhausted, absl::StatusCode::kResourceExhausted)
SKEIN_STATUS_FACTORY(FailedPrecondition, absl::StatusCode::kFailedPrecondition)
SKEIN_STATUS_FACTORY(PermissionDenied, absl::StatusCode::kPermissionDenied)
SKEIN_STATUS_FACTORY(Unauthenticated, absl::StatusCode::kUnauthenticated)
SKEIN_STATUS_FACTORY(Unavailable, absl::StatusCode::kUnavailable)
SKEIN_STATUS_FACTORY(Unimplemented, absl::StatusCode::kUnimplemented)
SKEIN_STATUS_FACTORY(DataLoss, absl::StatusCode::kDataLoss)
SKEIN_STATUS_FACTORY(Internal, absl::StatusCode::kInternal)
#undef SKEIN_STATUS_FACTORY

// The message as std's view; borrows from the status.
inline std::string_view Message(const absl::Status& status) { return ToStd(status.message()); }

// Puts `context` and ": " before the message and keeps the code and the payloads.
[[nodiscard]] absl::Status Annotate(const absl::Status& status, std::string_view context);

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace skein

#define SKEIN_CONCAT_INNER(a, b) a##b
#define SKEIN_CONCAT(a, b) SKEIN_CONCAT_INNER(a, b)

#define SKEIN_RETURN_IF_ERROR(expr)                                 \
  do {                                                              \
    if (absl::Status skein_status_ = (expr); !skein_status_.ok()) { \
      return skein_status_;                                         \
    }                                                               \
  } while (false)

// SKEIN_ASSIGN_OR_RETURN(auto x, F()); what is declared cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define SKEIN_ASSIGN_OR_RETURN(lhs, expr) \
  SKEIN_ASSIGN_OR_RETURN_IMPL(SKEIN_CONCAT(skein_or_, __LINE__), lhs, expr)
#define SKEIN_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                                \
  if (!tmp.ok()) return std::move(tmp).status();    \
  lhs = *std::move(tmp)
// NOLINTEND(bugprone-macro-parentheses)

// Drops an error on purpose; the reason is a string literal for readers and for grep.
#define SKEIN_IGNORE_ERROR(expr, reason)  \
  do {                                    \
    static_assert(sizeof(reason) > 1);    \
    absl::Status skein_ignored_ = (expr); \
    skein_ignored_.IgnoreError();         \
  } while (false)

// Invariants, in every build. Never within reach of input.
#define SKEIN_CHECK(condition) \
  ((condition) ? (void)0 : ::skein::CheckFailed(__FILE__, __LINE__, #condition))
#ifdef NDEBUG
#define SKEIN_DCHECK(condition) ((void)sizeof(condition))
#else
#define SKEIN_DCHECK(condition) SKEIN_CHECK(condition)
#endif
