// Random operations on a graph and on the reference, every public read compared, on every store.
//
// A failure prints the seed; SKEIN_MODEL_SEED runs that one alone. SKEIN_NIGHTLY=1 runs 10^6 steps.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "storage/care/verify.h"
#include "storage/kv/memory_store.h"
#include "storage/kv/open.h"
#include "storage/kv/twins.h"
#include "tests/model/compare.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

enum class Twin : uint8_t { kMemory, kRocks, kFaulty, kSlow };

std::string TwinName(Twin twin) {
  switch (twin) {
    case Twin::kMemory:
      return "memory";
    case Twin::kRocks:
      return "rocksdb";
    case Twin::kFaulty:
      return "faulty";
    case Twin::kSlow:
      return "slow";
  }
  return "?";
}

// NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment.
const char* Environment(const char* name) { return std::getenv(name); }

bool Nightly() { return Environment("SKEIN_NIGHTLY") != nullptr; }

// The model's state and the system's, driven by one seed.
class Machine {
 public:
  // `background`: folding runs in the test's own time, after few commits.
  Machine(Twin twin, uint64_t seed, bool background = false)
      : twin_(twin), dice_(seed), executor_(background ? MakeSeededExecutor(seed) : nullptr) {
    const fs::path root = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    dir_ = root / ("skein_model_" + std::to_string(::getpid()) + "_" + std::to_string(seed));
    fs::remove_all(dir_);
    Open();
    for (const char* name : {"Person", "Car", "Phone"}) {
      world_.labels.push_back(*graph_->catalog().InternLabel(name));
    }
    for (const char* name : {"KNOWS", "OWNS", "CALLED"}) {
      world_.types.push_back(*graph_->catalog().InternLinkType(name));
    }
    for (const char* name : {"name", "age", "note"}) {
      world_.keys.push_back(*graph_->catalog().InternKey(name));
    }
    world_.policies = {kOpenPolicy, *graph_->catalog().InternPolicy({"unit1", "", ""}),
                       *graph_->catalog().InternPolicy({"unit2", "c", "secret"})};
    for (int i = 0; i < 2; ++i) {
      Batch batch;
      batch.source = "model";
      world_.batches.push_back(*graph_->OpenBatch(batch));
    }
    viewers_ = {Viewer::All(), Viewer::Of({}), Viewer::Of({{world_.policies[1]}}),
                Viewer::Of({{world_.policies[1], world_.policies[2]}})};
  }
  ~Machine() {
    old_.clear();
    executor_ = nullptr;  // what waits is dropped, as by a crash
    transaction_ = nullptr;
    graph_ = nullptr;
    store_ = nullptr;
    fs::remove_all(dir_);
  }

  // Empty: all well.
  std::string Run(int steps) {
    for (int step = 0; step < steps; ++step) {
      const std::string wrong = Step();
      if (!wrong.empty()) return "step " + std::to_string(step) + ": " + wrong;
    }
    const std::string wrong = CheckAll();
    return wrong.empty() ? Verify() : wrong;
  }

 private:
  // What is stored fits together, and a repair would have nothing to do.
  std::string Verify() {
    VerifyOptions options;
    std::string wrong;
    options.show = [&wrong](const Finding& finding) { wrong += FindingText(finding) + "\n"; };
    options.memory_bytes = dice_() % 2 == 0 ? 1024 : size_t{1} << 20;
    const auto report = VerifyStore(*store_, options);
    if (!report.ok()) return report.status().ToString();
    return report->clean() && report->complete ? "" : "verify: " + wrong;
  }

  void Open() {
    old_.clear();
    if (executor_ != nullptr) {
      if (dice_() % 2 == 0) executor_->Drain();
      executor_ = MakeSeededExecutor(dice_());
    }
    graph_ = nullptr;
    store_ = nullptr;
    if (twin_ == Twin::kRocks) {
      OpenStoreOptions options;
      options.create = true;
      options.rocks.free_bytes_min = 0;
      auto opened = OpenStore(dir_.string(), options);
      SKEIN_CHECK(opened.ok());
      store_ = std::move(opened->store);
    } else {
      store_ = MakeMemoryStore({.disk = disk_});
      if (twin_ == Twin::kFaulty) {
        store_ = MakeFaultyStore(std::move(store_), std::make_shared<FaultPlan>());
      }
      if (twin_ == Twin::kSlow) store_ = MakeSlowStore(std::move(store_), [] {});
    }
    GraphOptions options;
    options.executor = executor_.get();
    if (executor_ != nullptr) options.fold_chunks = 3;
    const size_t recent_bytes[] = {1, 4000, options.recent_bytes};
    options.recent_bytes = recent_bytes[dice_() % std::size(recent_bytes)];
    auto graph = Graph::Open(*store_, options);
    SKEIN_CHECK(graph.ok());
    graph_ = *std::move(graph);
  }

  std::string Step() {
    if (executor_ != nullptr && dice_() % 3 == 0) executor_->RunOne();
    if (transaction_ == nullptr) {
      switch (dice_() % 14) {
        case 0:
          return Reopen();
        case 1:
          return graph_->Compact().ok() ? "" : "Compact failed";
        case 2:
          return ChangeIndexes();
        case 3:
          return Race();
        case 4:
          return Keep();
        case 5:
          return Verify();
        case 6:
          return Past();
        case 7:
          return dice_() % 8 == 0 ? Forget() : Past();
        default:
          return Begin();
      }
    }
    switch (dice_() % 24) {
      case 0:
        return Commit();
      case 1:
        transaction_ = nullptr;  // roll back
        return "";
      case 2:
        transaction_->MarkStatement();
        marked_ = pending_;
        return "";
      case 3:
        pending_ = marked_;
        return transaction_->RollbackStatement().ok() ? "" : "RollbackStatement failed";
      case 4:
      case 5:
        // Between the deletion of a node and of its links nothing is promised of those links.
        return Dangling(pending_) ? "" : Compare(*transaction_, pending_, "transaction");
      default:
        return Mutate(*transaction_, &pending_, nullptr);
    }
  }

  static bool Dangling(const ReferenceGraph& state) {
    return std::any_of(state.links.begin(), state.links.end(), [&state](const auto& link) {
      return !state.nodes.contains(link.second.from) || !state.nodes.contains(link.second.to);
    });
  }

  std::string Begin() {
    batch_ = world_.batches[dice_() % 2];
    auto transaction = graph_->Begin(Viewer::All(), {kOpenPolicy, batch_});
    if (!transaction.ok()) return transaction.status().ToString();
    transaction_ = *std::move(transaction);
    pending_ = marked_ = committed_;
    return "";
  }

  std::string Commit() {
    const bool dangling = Dangling(pending_);
    const Version begun = transaction_->version();
    const auto version = transaction_->Commit();
    const auto wanted = dangling ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kOk;
    transaction_ = nullptr;
    if (version.status().code() != wanted) return "Commit: " + version.status().ToString();
    if (!dangling) {
      committed_ = pending_;
      Remember(begun, *version);
    }
    return CheckAll();
  }

  // Versions to read again later, through whatever happens until then.
  void Remember(Version begun, Version version) {
    if (version == begun) return;  // nothing was written
    past_.emplace_back(version, committed_);
    if (past_.size() > 24) past_.erase(past_.begin() + static_cast<ptrdiff_t>(dice_() % 24));
  }
  std::string Past() {
    if (past_.empty()) return "";
    const auto& [version, reference] = past_[dice_() % past_.size()];
    const auto snapshot = graph_->AsOf(version);
    if (!snapshot.ok()) return "AsOf: " + snapshot.status().ToString();
    return Compare(**snapshot, reference, "as of " + std::to_string(Raw(version)));
  }
  std::string Forget() {
    if (past_.empty()) return "";
    const size_t i = dice_() % past_.size();
    if (const absl::Status status = graph_->Forget(past_[i].first); !status.ok()) {
      return "Forget: " + status.ToString();
    }
    const auto refused =
        i == 0 ? absl::FailedPreconditionError("") : graph_->AsOf(past_[i - 1].first).status();
    past_.erase(past_.begin(), past_.begin() + static_cast<ptrdiff_t>(i));
    return refused.code() == absl::StatusCode::kFailedPrecondition ? "" : "Forget: still there";
  }

  std::string Reopen() {
    Open();
    return CheckAll();
  }

  // Remembers a version, to see that it does not move.
  std::string Keep() {
    auto snapshot = graph_->Latest();
    if (!snapshot.ok()) return snapshot.status().ToString();
    old_.emplace_back(*std::move(snapshot), committed_);
    if (old_.size() > 3) old_.erase(old_.begin());
    return "";
  }

  std::string ChangeIndexes() {
    const auto indexes = graph_->catalog().Indexes();
    if (!indexes.empty() && dice_() % 2 == 0) {
      const absl::Status dropped = graph_->DropIndex(indexes[dice_() % indexes.size()].id);
      return dropped.ok() ? "" : dropped.ToString();
    }
    IndexInfo index;
    index.label = world_.labels[dice_() % 3];
    index.keys = {world_.keys[dice_() % 3]};
    if (dice_() % 3 == 0) index.keys.push_back(world_.keys[dice_() % 3]);
    const absl::Status created = graph_->CreateIndex(index).status();
    if (!created.ok() && created.code() != absl::StatusCode::kAlreadyExists) {
      return created.ToString();
    }
    // Old snapshots do not know entries that were made after them: they are not asked.
    old_.clear();
    return CheckAll();
  }

  std::string CheckAll() {
    auto snapshot = graph_->Latest();
    if (!snapshot.ok()) return snapshot.status().ToString();
    std::string wrong = Compare(**snapshot, committed_, "snapshot");
    for (const auto& [old, reference] : old_) {
      if (wrong.empty()) wrong = Compare(*old, reference, "old snapshot");
    }
    return wrong;
  }

  std::string Compare(const Reader& reader, const ReferenceGraph& reference,
                      std::string_view what) {
    const std::string wrong =
        Difference(reader, reference, viewers_[dice_() % viewers_.size()], world_, dice_);
    return wrong.empty() ? "" : internal::Join(what, ": ", wrong);
  }

  // What a transaction wrote, for predicting conflicts.
  struct Writes {
    std::set<NodeId> nodes, deleted_nodes, gained_links;
    std::set<LinkId> links;
    std::vector<std::function<void(ReferenceGraph*)>> replay;
  };
  static bool Meet(const auto& a, const auto& b) {
    return std::any_of(a.begin(), a.end(), [&b](const auto& id) { return b.contains(id); });
  }

  // Two transactions from one version: the second conflicts iff the contract says so.
  std::string Race() {
    Writes writes[2];
    ReferenceGraph states[2] = {committed_, committed_};
    std::unique_ptr<Transaction> both[2];
    for (int i = 0; i < 2; ++i) {
      batch_ = world_.batches[dice_() % 2];
      both[i] = *graph_->Begin(Viewer::All(), {kOpenPolicy, batch_});
      batches_of_race_[i] = batch_;
    }
    for (int n = 0; n < 8; ++n) {
      const int i = static_cast<int>(dice_() % 2);
      batch_ = batches_of_race_[i];
      std::string wrong = Mutate(*both[i], &states[i], &writes[i]);
      if (!wrong.empty()) return wrong;
    }
    if (Dangling(states[0]) || Dangling(states[1])) return "";
    for (int i = 0; i < 2; ++i) {
      for (const auto& [id, link] : states[i].links) {
        if (!committed_.links.contains(id)) writes[i].gained_links.insert({link.from, link.to});
      }
    }
    const Version begun = both[0]->version();  // as the other's
    const auto first = both[0]->Commit(), second = both[1]->Commit();
    if (!first.ok()) return "first of two: " + first.status().ToString();
    const bool conflict = Meet(writes[0].nodes, writes[1].nodes) ||
                          Meet(writes[0].links, writes[1].links) ||
                          Meet(writes[0].deleted_nodes, writes[1].gained_links) ||
                          Meet(writes[0].gained_links, writes[1].deleted_nodes);
    const auto wanted = conflict ? absl::StatusCode::kAborted : absl::StatusCode::kOk;
    if (second.status().code() != wanted) {
      return "second of two: " + second.status().ToString() + (conflict ? " (conflict)" : "");
    }
    committed_ = states[0];
    Remember(begun, *first);
    if (!conflict) {
      for (const auto& replay : writes[1].replay) replay(&committed_);
      Remember(begun, *second);
    }
    return CheckAll();
  }

  NodeId AnyNode(const ReferenceGraph& state) {
    return std::next(state.nodes.begin(), static_cast<ptrdiff_t>(dice_() % state.nodes.size()))
        ->first;
  }
  LinkId AnyLink(const ReferenceGraph& state) {
    return std::next(state.links.begin(), static_cast<ptrdiff_t>(dice_() % state.links.size()))
        ->first;
  }

  std::string Mutate(Transaction& t, ReferenceGraph* state, Writes* writes) {
    const uint64_t what = dice_() % 12;
    const size_t nodes = state->nodes.size(), links = state->links.size();
    if (nodes == 0 || (what < 2 && nodes < 40)) return CreateNode(t, state, writes);
    if (links == 0 || (what < 5 && links < 80)) return CreateLink(t, state, writes);
    return what < 9 ? ChangeNode(t, state, writes) : ChangeLink(t, state, writes);
  }

  void Apply(ReferenceGraph* state, Writes* writes, std::function<void(ReferenceGraph*)> change) {
    change(state);
    if (writes != nullptr) writes->replay.push_back(std::move(change));
  }

  std::string CreateNode(Transaction& t, ReferenceGraph* state, Writes* writes) {
    NewNode wanted;
    NodeRecord node;
    for (const LabelId label : world_.labels) {
      if (dice_() % 2 == 0) wanted.labels.push_back(label);
    }
    node.labels = wanted.labels;
    wanted.row = static_cast<uint32_t>(dice_() % 5);
    node.source = {batch_, wanted.row};
    for (const KeyId key : world_.keys) {
      if (dice_() % 2 != 0) continue;
      wanted.properties.emplace_back(key, AnyValue(dice_));
      ReferenceGraph::SetProperty(&node.properties, key, wanted.properties.back().second,
                                  node.source);
    }
    wanted.valid = node.valid = AnyValid(dice_);
    wanted.policy = node.policy = world_.policies[dice_() % 3];
    const auto id = t.CreateNode(wanted);
    if (!id.ok()) return "CreateNode: " + id.status().ToString();
    node.id = *id;
    Apply(state, writes, [node](ReferenceGraph* graph) { graph->nodes[node.id] = node; });
    return "";
  }

  std::string CreateLink(Transaction& t, ReferenceGraph* state, Writes* writes) {
    NewLink wanted;
    LinkRecord link;
    wanted.type = link.type = world_.types[dice_() % 3];
    wanted.from = link.from = AnyNode(*state);
    wanted.to = link.to = AnyNode(*state);
    wanted.valid = link.valid = AnyValid(dice_);
    wanted.policy = link.policy = world_.policies[dice_() % 3];
    wanted.row = static_cast<uint32_t>(dice_() % 5);
    link.source = {batch_, wanted.row};
    if (dice_() % 2 == 0) {
      wanted.properties.emplace_back(world_.keys[0], AnyValue(dice_));
      ReferenceGraph::SetProperty(&link.properties, world_.keys[0], wanted.properties.back().second,
                                  link.source);
    }
    const auto id = t.CreateLink(wanted);
    if (!id.ok()) return "CreateLink: " + id.status().ToString();
    link.id = *id;
    Apply(state, writes, [link](ReferenceGraph* graph) { graph->links[link.id] = link; });
    return "";
  }

  std::string ChangeNode(Transaction& t, ReferenceGraph* state, Writes* writes) {
    const NodeId id = AnyNode(*state);
    const KeyId key = world_.keys[dice_() % 3];
    const LabelId label = world_.labels[dice_() % 3];
    const Provenance source{batch_, 0};
    absl::Status status = absl::OkStatus();
    switch (dice_() % 6) {
      case 0:
      case 1: {
        const Value value = dice_() % 4 == 0 ? Value() : AnyValue(dice_);
        status = t.SetNodeProperty(id, key, value);
        Apply(state, writes, [=](ReferenceGraph* graph) {
          ReferenceGraph::SetProperty(&graph->nodes.at(id).properties, key, value, source);
        });
        break;
      }
      case 2: {
        status = t.AddLabel(id, label);
        const bool had = ReferenceGraph::HasLabel(state->nodes.at(id), label);
        if (had) return status.ok() ? "" : status.ToString();  // writes nothing
        Apply(state, writes, [=](ReferenceGraph* graph) {
          auto& labels = graph->nodes.at(id).labels;
          labels.push_back(label);
          std::sort(labels.begin(), labels.end());
        });
        break;
      }
      case 3: {
        status = t.RemoveLabel(id, label);
        const bool had = ReferenceGraph::HasLabel(state->nodes.at(id), label);
        if (!had) return status.ok() ? "" : status.ToString();
        Apply(state, writes,
              [=](ReferenceGraph* graph) { std::erase(graph->nodes.at(id).labels, label); });
        break;
      }
      case 4: {
        const ValidTime valid = AnyValid(dice_);
        status = t.SetNodeValid(id, valid);
        Apply(state, writes, [=](ReferenceGraph* graph) { graph->nodes.at(id).valid = valid; });
        break;
      }
      default: {
        // Sometimes with its links, sometimes not: then the commit must fail.
        if (dice_() % 8 != 0) {
          std::vector<LinkId> gone;
          for (const auto& [link_id, link] : state->links) {
            if (link.from == id || link.to == id) gone.push_back(link_id);
          }
          for (const LinkId link : gone) {
            if (std::string wrong = DeleteLink(t, state, writes, link); !wrong.empty()) {
              return wrong;
            }
          }
        }
        status = t.DeleteNode(id);
        Apply(state, writes, [=](ReferenceGraph* graph) { graph->nodes.erase(id); });
        if (writes != nullptr) writes->deleted_nodes.insert(id);
        break;
      }
    }
    // What the transaction itself made conflicts with nobody.
    if (writes != nullptr && committed_.nodes.contains(id)) writes->nodes.insert(id);
    return status.ok() ? "" : "ChangeNode: " + status.ToString();
  }

  std::string DeleteLink(Transaction& t, ReferenceGraph* state, Writes* writes, LinkId id) {
    const absl::Status status = t.DeleteLink(id);
    Apply(state, writes, [id](ReferenceGraph* graph) { graph->links.erase(id); });
    if (writes != nullptr && committed_.links.contains(id)) writes->links.insert(id);
    return status.ok() ? "" : "DeleteLink: " + status.ToString();
  }

  std::string ChangeLink(Transaction& t, ReferenceGraph* state, Writes* writes) {
    const LinkId id = AnyLink(*state);
    const Provenance source{batch_, 0};
    // A link whose end was deleted meanwhile is hidden by its missing end only in the reference.
    const LinkRecord& link = state->links.at(id);
    if (!state->nodes.contains(link.from) || !state->nodes.contains(link.to)) return "";
    absl::Status status = absl::OkStatus();
    switch (dice_() % 3) {
      case 0: {
        const KeyId key = world_.keys[dice_() % 3];
        const Value value = dice_() % 4 == 0 ? Value() : AnyValue(dice_);
        status = t.SetLinkProperty(id, key, value);
        Apply(state, writes, [=](ReferenceGraph* graph) {
          ReferenceGraph::SetProperty(&graph->links.at(id).properties, key, value, source);
        });
        break;
      }
      case 1: {
        const ValidTime valid = AnyValid(dice_);
        status = t.SetLinkValid(id, valid);
        Apply(state, writes, [=](ReferenceGraph* graph) { graph->links.at(id).valid = valid; });
        break;
      }
      default:
        return DeleteLink(t, state, writes, id);
    }
    if (writes != nullptr && committed_.links.contains(id)) writes->links.insert(id);
    return status.ok() ? "" : "ChangeLink: " + status.ToString();
  }

  const Twin twin_;
  Dice dice_;
  std::unique_ptr<SeededExecutor> executor_;
  fs::path dir_;
  std::shared_ptr<MemoryDisk> disk_ = MakeMemoryDisk();
  std::unique_ptr<Store> store_;
  std::unique_ptr<Graph> graph_;
  World world_;
  std::vector<Viewer> viewers_;
  std::vector<std::pair<Version, ReferenceGraph>> past_;  // ascending
  ReferenceGraph committed_, pending_, marked_;
  std::unique_ptr<Transaction> transaction_;
  BatchId batch_{};
  BatchId batches_of_race_[2] = {};
  std::vector<std::pair<std::shared_ptr<const Snapshot>, ReferenceGraph>> old_;
};

class ModelTest : public testing::TestWithParam<Twin> {};

TEST_P(ModelTest, AgreesWithTheReference) {
  const bool rocks = GetParam() == Twin::kRocks;
  const int seeds = Nightly() ? 250 : (rocks ? 2 : 6);
  const int steps = Nightly() ? 1000 : 500;
  if (const char* one = Environment("SKEIN_MODEL_SEED")) {
    EXPECT_EQ(Machine(GetParam(), std::strtoull(one, nullptr, 10)).Run(steps), "");
    return;
  }
  for (int seed = 1; seed <= seeds; ++seed) {
    ASSERT_EQ(Machine(GetParam(), static_cast<uint64_t>(seed)).Run(steps), "")
        << "SKEIN_MODEL_SEED=" << seed;
  }
}

// Work in the background may come at any time: commits, folds, index builds, compaction and readers
// of old versions are interleaved by seed.
TEST(BackgroundModelTest, AgreesWithTheReference) {
  const int seeds = Nightly() ? 100'000 : 1000;
  const int steps = 40;
  if (const char* one = Environment("SKEIN_MODEL_SEED")) {
    EXPECT_EQ(Machine(Twin::kMemory, std::strtoull(one, nullptr, 10), true).Run(steps), "");
    return;
  }
  for (int seed = 1; seed <= seeds; ++seed) {
    ASSERT_EQ(Machine(Twin::kMemory, static_cast<uint64_t>(seed), true).Run(steps), "")
        << "SKEIN_MODEL_SEED=" << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Twins, ModelTest,
                         testing::Values(Twin::kMemory, Twin::kRocks, Twin::kFaulty, Twin::kSlow),
                         [](const auto& twin) { return TwinName(twin.param); });

}  // namespace
}  // namespace skein
