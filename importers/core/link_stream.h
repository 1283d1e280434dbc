// LinkStream: the records of a file, read by one thread and made into links and rows by others.
//
// Order     Blocks come in the order of the file, and each holds the same records whatever the
//           threads do.
// Bounds    At most kBlocksMax blocks are under way; a block is a piece that the reader cut, or
//           kRecords records, or kBytes of text.
// Errors    those of the reader, in their place among the blocks.
// Threads   One calls Next. The destructor waits for the others.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "importers/core/link_maker.h"
#include "importers/core/row_maker.h"

namespace skein {

class LinkStream {
 public:
  // What makes links of records on one thread; `rows` takes what is not plain. Without `links` it
  // takes all. Names of the mapping must be known to the table that the row makers share.
  struct Makers {
    std::unique_ptr<LinkMaker> links;
    std::unique_ptr<RowMaker> rows;
    std::unique_ptr<PieceReader> pieces = nullptr;  // made by the stream
  };

  // One thread for each of `makers`, and one that reads.
  LinkStream(std::unique_ptr<RecordReader> reader, std::vector<Makers> makers);
  ~LinkStream();
  LinkStream(const LinkStream&) = delete;
  LinkStream& operator=(const LinkStream&) = delete;

  // The next block; nullptr: there is none.
  absl::StatusOr<std::unique_ptr<LinkBlock>> Next();

 private:
  struct Raw;
  static constexpr size_t kBlocksMax = 12;
  static constexpr size_t kRecords = 4096;
  static constexpr size_t kBytes = size_t{1} << 20;

  void Read();
  std::unique_ptr<Raw> ReadBlock();
  void Make(Makers* makers);
  static std::unique_ptr<LinkBlock> MakeBlock(Raw* raw, Makers* makers);
  static absl::Status MakePiece(Raw* raw, Makers* makers, LinkBlock* block);
  static void MakeRecord(const Record& record, Makers* makers, LinkBlock* block);

  std::unique_ptr<RecordReader> reader_;  // of the reading thread
  bool in_pieces_ = false;                // likewise
  std::vector<Makers> makers_;

  absl::Mutex mu_;
  std::deque<std::unique_ptr<Raw>> raw_ ABSL_GUARDED_BY(mu_);
  std::map<uint64_t, std::unique_ptr<LinkBlock>> made_ ABSL_GUARDED_BY(mu_);
  uint64_t read_ ABSL_GUARDED_BY(mu_) = 0;   // blocks that were read
  uint64_t taken_ ABSL_GUARDED_BY(mu_) = 0;  // blocks that Next gave
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mu_);  // why it ended
  std::vector<std::thread> threads_;
};

}  // namespace skein
