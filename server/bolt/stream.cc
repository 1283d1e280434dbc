#include "server/bolt/stream.h"

#include <algorithm>
#include <span>
#include <utility>

#include "storage/base/status.h"

namespace skein::bolt {
namespace {

constexpr size_t kAheadMax = 512;                  // rows
constexpr size_t kAheadBytes = size_t{128} << 10;  // of rows fetched at once, about
constexpr size_t kPieceBytes = size_t{32} << 10;   // of records made at once, about

}  // namespace

Stream::Stream(int64_t qid, std::unique_ptr<Cursor> cursor, std::unique_ptr<Receipt> receipt)
    : qid_(qid),
      cursor_(std::move(cursor)),
      receipt_(std::move(receipt)),
      hash_(receipt_ == nullptr ? nullptr : EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (hash_ != nullptr) EVP_DigestInit_ex(hash_.get(), EVP_sha256(), nullptr);
}

Stream::~Stream() { Tell(/*whole=*/false); }

void Stream::Tell(bool whole) {
  if (receipt_ == nullptr) return;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(hash_.get(), digest, &size);
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex.push_back(kHex[digest[i] >> 4]);
    hex.push_back(kHex[digest[i] & 15]);
  }
  receipt_->Complete(sent_, whole, hex);
  receipt_.reset();
}

void Stream::Want(int64_t n, bool discard) {
  wanted_ = n;
  discarding_ = discard;
}

absl::Status Stream::Fill() {
  if (end_ || row_at_ < rows_.size()) return absl::OkStatus();
  row_at_ = 0;
  SKEIN_ASSIGN_OR_RETURN(const bool more, cursor_->Next(ahead_, &rows_));
  if (!more) {
    rows_.clear();
    end_ = true;
  }
  return absl::OkStatus();
}

absl::StatusOr<Stream::Piece> Stream::Pull(const RecordFormat& format, size_t high,
                                           std::string* out) {
  SKEIN_RETURN_IF_ERROR(Fill());
  while (wanted_ != 0 && row_at_ < rows_.size()) {
    if (out->size() >= high) return Piece::kOutputFull;
    size_t n = std::min(rows_.size() - row_at_, std::max<size_t>(1, kPieceBytes / row_bytes_));
    if (wanted_ > 0) n = std::min(n, static_cast<size_t>(wanted_));
    if (!discarding_) {
      const size_t before = out->size();
      SKEIN_RETURN_IF_ERROR(
          AppendRecords(*cursor_, std::span(rows_).subspan(row_at_, n), format, out));
      const size_t bytes = out->size() - before;
      if (hash_ != nullptr) EVP_DigestUpdate(hash_.get(), out->data() + before, bytes);
      row_bytes_ = std::max<size_t>(1, bytes / n);
      ahead_ = std::clamp<size_t>(kAheadBytes / row_bytes_, 1, kAheadMax);
      sent_ += static_cast<int64_t>(n);
    }
    // Rows that have gone give their memory back at once.
    for (size_t i = row_at_; i < row_at_ + n; ++i) rows_[i].clear();
    row_at_ += n;
    if (wanted_ > 0) wanted_ -= static_cast<int64_t>(n);
    if (wanted_ != 0) SKEIN_RETURN_IF_ERROR(Fill());
  }
  // Whether there is more shows only by looking.
  SKEIN_RETURN_IF_ERROR(Fill());
  return end_ ? Piece::kEnd : Piece::kMore;
}

}  // namespace skein::bolt
