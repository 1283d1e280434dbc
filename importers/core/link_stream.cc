#include "importers/core/link_stream.h"

#include <algorithm>
#include <utility>

#include "storage/base/status.h"

namespace skein {

// Some neighbouring records with their own text.
struct LinkStream::Raw {
  struct OfRecord {
    uint64_t line = 0, number = 0;
    size_t fields = 0;  // after the last of it
    size_t content_begin = 0, content_end = 0;
  };
  struct Field {
    size_t begin = 0, end = 0;
    RawKind kind = RawKind::kText;
  };

  uint64_t block = 0;
  bool is_piece = false;  // then there is nothing but that
  RecordPiece piece;
  std::string text;
  std::vector<OfRecord> records;
  std::vector<Field> fields;
  std::vector<BadRecord> bad;
  uint64_t position = 0;
  bool last = false;

  void Add(const Record& record) {
    for (const RawField& field : record.fields) {
      fields.push_back({text.size(), text.size() + field.text.size(), field.kind});
      text += field.text;
    }
    OfRecord& added = records.emplace_back();
    added.line = record.line;
    added.number = record.number;
    added.fields = fields.size();
    added.content_begin = text.size();
    text += record.content;
    added.content_end = text.size();
  }
};

LinkStream::LinkStream(std::unique_ptr<RecordReader> reader, std::vector<Makers> makers)
    : reader_(std::move(reader)), makers_(std::move(makers)) {
  for (Makers& some : makers_) some.pieces = reader_->NewPieceReader();
  in_pieces_ = makers_[0].pieces != nullptr;
  threads_.emplace_back([this] { Read(); });
  for (Makers& some : makers_) threads_.emplace_back([this, &some] { Make(&some); });
}

LinkStream::~LinkStream() {
  {
    absl::MutexLock lock(&mu_);
    stop_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

std::unique_ptr<LinkStream::Raw> LinkStream::ReadBlock() {
  auto raw = std::make_unique<Raw>();
  if (in_pieces_) {
    const absl::StatusOr<bool> cut = reader_->NextPiece(&raw->piece);
    raw->position = reader_->position();
    raw->is_piece = in_pieces_ = cut.ok() && *cut;
    if (raw->is_piece) return raw;
    if (!cut.ok()) {
      raw->last = true;
      absl::MutexLock lock(&mu_);
      status_ = cut.status();
      return raw;
    }
  }
  Record record;
  BadRecord bad;
  while (raw->records.size() + raw->bad.size() < kRecords && raw->text.size() < kBytes) {
    const absl::StatusOr<RecordReader::What> what = reader_->Next(&record, &bad);
    if (!what.ok() || *what == RecordReader::What::kEnd) {
      raw->last = true;
      absl::MutexLock lock(&mu_);
      status_ = what.status();
      break;
    }
    if (*what == RecordReader::What::kBad) {
      raw->bad.push_back(bad);
    } else {
      raw->Add(record);
    }
  }
  raw->position = reader_->position();
  return raw;
}

void LinkStream::Read() {
  for (bool last = false; !last;) {
    std::unique_ptr<Raw> raw = ReadBlock();
    last = raw->last;
    const auto room = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return stop_ || read_ - taken_ < kBlocksMax;
    };
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&room));
    if (stop_) return;
    raw->block = read_++;
    ended_ = last;
    raw_.push_back(std::move(raw));
  }
}

void LinkStream::MakeRecord(const Record& record, Makers* makers, LinkBlock* block) {
  if (makers->links != nullptr && makers->links->Make(record, block)) {
    ++block->accepted;
    return;
  }
  Row row;
  Rejection why;
  if (makers->rows->Make(record, 0, &row, &why)) {
    ++block->accepted;
    block->nulled += row.nulled;
    block->rows.push_back(std::move(row));
    return;
  }
  BadRecord& bad = block->bad.emplace_back();
  bad.line = record.line;
  bad.number = record.number;
  bad.column = why.column;
  bad.value = why.value;
  bad.reason = why.reason;
}

absl::Status LinkStream::MakePiece(Raw* raw, Makers* makers, LinkBlock* block) {
  PieceReader& reader = *makers->pieces;
  reader.Begin(&raw->piece);
  if (makers->links != nullptr) block->links.reserve(kRecords);
  Record record;
  BadRecord bad;
  for (;;) {
    SKEIN_ASSIGN_OR_RETURN(const RecordKind what, reader.Next(&record, &bad));
    if (what == RecordKind::kEnd) return absl::OkStatus();
    ++block->read;
    if (what == RecordKind::kBad) {
      block->bad.push_back(bad);
    } else {
      MakeRecord(record, makers, block);
    }
  }
}

std::unique_ptr<LinkBlock> LinkStream::MakeBlock(Raw* raw, Makers* makers) {
  auto block = std::make_unique<LinkBlock>();
  block->position = raw->position;
  if (raw->is_piece) {
    block->status = MakePiece(raw, makers, block.get());
    return block;
  }
  block->read = raw->records.size() + raw->bad.size();
  block->bad = raw->bad;
  const std::string_view text(raw->text);
  Record record;
  size_t field = 0;
  for (const Raw::OfRecord& of : raw->records) {
    record.line = of.line;
    record.number = of.number;
    record.fields.clear();
    for (; field < of.fields; ++field) {
      const Raw::Field& f = raw->fields[field];
      record.fields.push_back({text.substr(f.begin, f.end - f.begin), f.kind});
    }
    record.content = text.substr(of.content_begin, of.content_end - of.content_begin);
    MakeRecord(record, makers, block.get());
  }
  // As they stand in the file: those that could not be read are among those that were refused.
  std::sort(block->bad.begin(), block->bad.end(),
            [](const BadRecord& a, const BadRecord& b) { return a.number < b.number; });
  return block;
}

void LinkStream::Make(Makers* makers) {
  for (;;) {
    std::unique_ptr<Raw> raw;
    {
      const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
        return stop_ || !raw_.empty() || ended_;
      };
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(&ready));
      if (stop_ || raw_.empty()) return;
      raw = std::move(raw_.front());
      raw_.pop_front();
    }
    std::unique_ptr<LinkBlock> block = MakeBlock(raw.get(), makers);
    absl::MutexLock lock(&mu_);
    made_.emplace(raw->block, std::move(block));
  }
}

absl::StatusOr<std::unique_ptr<LinkBlock>> LinkStream::Next() {
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return made_.contains(taken_) || (ended_ && taken_ == read_);
  };
  std::unique_ptr<LinkBlock> block;
  {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&ready));
    const auto found = made_.find(taken_);
    if (found == made_.end()) {
      if (!status_.ok()) return status_;
      return block;
    }
    block = std::move(found->second);
    made_.erase(found);
    ++taken_;
  }
  SKEIN_RETURN_IF_ERROR(block->status);
  return block;
}

}  // namespace skein
