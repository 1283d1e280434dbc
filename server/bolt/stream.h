// Stream: the result of one statement, as a client pulls it piece by piece.
//
// Shape     RECORD messages, appended chunked to the session's output until it is full.
// Limits    Rows are fetched ahead by their size, not their number alone: rows of a megabyte come
//           one at a time, so that a stream of any size costs a bounded buffer.
// Log       With a receipt: the number and the SHA-256 of the records that were appended, told
// once,
//           when the stream ends or is given up.
// Threads   One at a time. Lifetime: ends before the engine's connection.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/bolt/backend.h"
#include "server/bolt/records.h"

namespace skein::bolt {

class Stream {
 public:
  Stream(int64_t qid, std::unique_ptr<Cursor> cursor, std::unique_ptr<Receipt> receipt);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int64_t qid() const { return qid_; }
  Cursor& cursor() { return *cursor_; }

  // Fetches the first rows: errors of a read show here.
  absl::Status Prime() { return Fill(); }
  // `n` −1: all. Discarded rows are made and not sent.
  void Want(int64_t n, bool discard);
  enum class Piece : uint8_t { kOutputFull, kMore, kEnd };
  // Appends records until what is wanted is there, the stream ends, or `out` has `high` bytes.
  absl::StatusOr<Piece> Pull(const RecordFormat& format, size_t high, std::string* out);
  // The stream has been pulled to its end.
  void Finished() { Tell(/*whole=*/true); }

 private:
  absl::Status Fill();
  void Tell(bool whole);

  const int64_t qid_;
  std::unique_ptr<Cursor> cursor_;
  std::unique_ptr<Receipt> receipt_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash_;
  std::vector<std::vector<Value>> rows_;
  size_t row_at_ = 0;
  bool end_ = false;
  size_t ahead_ = 16;      // rows to fetch
  size_t row_bytes_ = 64;  // of one record, as the last ones were
  int64_t wanted_ = 0;
  bool discarding_ = false;
  int64_t sent_ = 0;
};

}  // namespace skein::bolt
