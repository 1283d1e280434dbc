#include "server/bolt/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/bolt/failure.h"
#include "server/bolt/records.h"
#include "storage/base/status.h"

namespace skein::bolt {
namespace {

enum Tag : uint8_t {
  kHello = 0x01,
  kGoodbye = 0x02,
  kReset = 0x0F,
  kRun = 0x10,
  kBegin = 0x11,
  kCommit = 0x12,
  kRollback = 0x13,
  kDiscard = 0x2F,
  kPull = 0x3F,
  kTelemetry = 0x54,
  kRoute = 0x66,
  kLogon = 0x6A,
  kLogoff = 0x6B,
  kSuccess = 0x70,
  kIgnored = 0x7E,
  kFailure = 0x7F,
};

// Drivers refuse an agent that is not of this form (bolt.md); ours follows after the slash.
constexpr std::string_view kServerAgent = "Neo4j/5.26.0";
constexpr std::string_view kBookmarkPrefix = "skein:";

const Value* Entry(const Value& map, std::string_view key) {
  return map.kind() == ValueKind::kMap ? map.Find(key) : nullptr;
}

std::string Text(const Value& map, std::string_view key) {
  const Value* v = Entry(map, key);
  return v != nullptr && v->kind() == ValueKind::kString ? v->string() : std::string();
}

absl::Status Shape(const Message& m, std::initializer_list<ValueKind> kinds) {
  if (m.fields.size() != kinds.size()) {
    return InvalidArgument("message ", static_cast<int>(m.tag), " has ", m.fields.size(),
                           " fields, ", kinds.size(), " expected");
  }
  size_t i = 0;
  for (ValueKind kind : kinds) {
    if (m.fields[i++].kind() != kind) {
      return InvalidArgument("field ", i, " of message ", static_cast<int>(m.tag), " is not a ",
                             KindName(kind));
    }
  }
  return absl::OkStatus();
}

// A protocol error ends the connection; marked so that Dispatch can tell it from a query's error.
constexpr absl::string_view kProtocolErrorUrl = "skein/bolt-protocol-error";
absl::Status Protocol(absl::Status status) {
  if (!status.ok()) status.SetPayload(kProtocolErrorUrl, absl::Cord());
  return status;
}

// 4.3 and 4.4: the client asks for the date-times of Bolt 5.
bool AsksForUtc(const Value& extra) {
  const Value* patches = Entry(extra, "patch_bolt");
  if (patches == nullptr || patches->kind() != ValueKind::kList) return false;
  const auto& list = patches->list();
  return std::any_of(list.begin(), list.end(), [](const Value& v) {
    return v.kind() == ValueKind::kString && v.string() == "utc";
  });
}

// One server: what it has acknowledged is visible to whatever asks later, so a bookmark of ours
// holds already. One that is not ours means the client talks to the wrong server.
absl::Status CheckBookmarks(const Value* bookmarks) {
  if (bookmarks == nullptr || bookmarks->is_null()) return absl::OkStatus();
  if (bookmarks->kind() != ValueKind::kList) {
    return Protocol(InvalidArgument("bookmarks are a list"));
  }
  for (const Value& b : bookmarks->list()) {
    if (b.kind() != ValueKind::kString || !b.string().starts_with(kBookmarkPrefix)) {
      return WithFailureCode(InvalidArgument("a bookmark that is not of this server"),
                             "Neo.ClientError.Transaction.InvalidBookmark");
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<ProtocolVersion> Negotiate(std::string_view proposals) {
  // Each proposal: 00, range, minor, major; range says how many minors below are meant too. Newer
  // drivers put 00 00 01 FF first (manifest negotiation), which a server may pass over.
  constexpr std::pair<int, int> kSpoken[] = {{5, 8}, {5, 7}, {5, 6}, {5, 4}, {5, 3},
                                             {5, 2}, {5, 1}, {5, 0}, {4, 4}};
  for (size_t i = 0; i + 4 <= proposals.size() && i < 16; i += 4) {
    const int range = static_cast<uint8_t>(proposals[i + 1]);
    const int minor = static_cast<uint8_t>(proposals[i + 2]);
    const int major = static_cast<uint8_t>(proposals[i + 3]);
    for (const auto& [a, b] : kSpoken) {
      if (a == major && b <= minor && b >= minor - range) return ProtocolVersion{a, b};
    }
  }
  return std::nullopt;
}

Session::Session(Backend& backend, ProtocolVersion version, std::string id, std::string address)
    : backend_(backend), version_(version), id_(std::move(id)), address_(std::move(address)) {}

Session::~Session() { CloseStreams(); }

bool Session::Receive(std::string message) {
  absl::MutexLock lock(&mutex_);
  if (queue_.size() >= kQueueMax) return false;
  if (message.size() > (signed_in_ ? kMessageBytesMax : kMessageBytesBeforeSignIn)) return false;
  const bool reset = message.size() == 2 && static_cast<uint8_t>(message[0]) == 0xB0 &&
                     static_cast<uint8_t>(message[1]) == kReset;
  if (reset) {
    ++resets_waiting_;
    CancelWork();
  }
  queue_.push_back(std::move(message));
  return true;
}

bool Session::HasInput() {
  absl::MutexLock lock(&mutex_);
  return !queue_.empty();
}

void Session::Abandon() {
  absl::MutexLock lock(&mutex_);
  abandoned_ = true;
  CancelWork();
}

void Session::CancelWork() {
  if (working_ == nullptr || cancelled_) return;
  cancelled_ = true;
  working_->Cancel();
}

absl::Status Session::EnterWork() {
  absl::MutexLock lock(&mutex_);
  if (resets_waiting_ > 0 || abandoned_) return Cancelled("the client asked to stop");
  working_ = connection_.get();
  return absl::OkStatus();
}

void Session::LeaveWork() {
  absl::MutexLock lock(&mutex_);
  working_ = nullptr;
}

Session::Progress Session::Run(std::string* out) {
  while (state_ != State::kClosed) {
    if (out->size() >= kOutputHigh) return Progress::kOutputFull;
    bool interrupted = false;
    std::string bytes;
    {
      absl::MutexLock lock(&mutex_);
      if (abandoned_) break;
      interrupted = resets_waiting_ > 0;
      const bool pull_goes_on = pulled_ != nullptr && !interrupted;
      if (!pull_goes_on) {
        if (queue_.empty()) return Progress::kIdle;
        bytes = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    if (bytes.empty()) {
      if (absl::Status s = ContinuePull(out); !s.ok()) Failure(s, out);
      continue;
    }
    if (pulled_ != nullptr) {  // a RESET cut the stream short
      pulled_ = nullptr;
      Ignored(out);
    }
    absl::StatusOr<Message> message = DecodeMessage(bytes);
    if (!message.ok()) {
      Failure(Protocol(message.status()), out);
      break;
    }
    if (message->tag == kReset) {
      Reset(out);
    } else if (message->tag == kGoodbye) {
      state_ = State::kClosed;
    } else if (interrupted || state_ == State::kFailed) {
      Ignored(out);
    } else {
      Dispatch(*message, out);
    }
  }
  state_ = State::kClosed;
  CloseStreams();
  connection_.reset();
  return Progress::kClosed;
}

void Session::Dispatch(const Message& message, std::string* out) {
  const absl::Status status = Handle(message, out);
  if (!status.ok()) Failure(status, out);
}

absl::Status Session::Handle(const Message& m, std::string* out) {
  const auto out_of_place = [&] {
    return Protocol(InvalidArgument("message ", static_cast<int>(m.tag), " is out of place here"));
  };
  switch (state_) {
    case State::kNegotiation:
      return m.tag == kHello ? Hello(m, out) : out_of_place();
    case State::kAuthentication:
      if (m.tag != kLogon) return out_of_place();
      SKEIN_RETURN_IF_ERROR(Protocol(Shape(m, {ValueKind::kMap})));
      SKEIN_RETURN_IF_ERROR(Logon(m.fields[0]));
      Success(out);
      return absl::OkStatus();
    case State::kReady:
      switch (m.tag) {
        case kLogoff:
          if (in_transaction_) return out_of_place();
          connection_.reset();
          principal_.reset();
          signed_in_ = false;
          state_ = State::kAuthentication;
          Success(out);
          return absl::OkStatus();
        case kTelemetry:
          Success(out);
          return absl::OkStatus();
        case kRoute:
          return Route(m, out);
        case kRun:
          return RunQuery(m, out);
        case kBegin:
          return Begin(m, out);
        case kCommit:
          return Finish(true, out);
        case kRollback:
          return Finish(false, out);
        default:
          return out_of_place();
      }
    case State::kStreaming:
      switch (m.tag) {
        case kPull:
          return StartPull(m, false);
        case kDiscard:
          return StartPull(m, true);
        case kRun:
          return in_transaction_ ? RunQuery(m, out) : out_of_place();
        case kCommit:
          return in_transaction_ ? Finish(true, out) : out_of_place();
        case kRollback:
          return in_transaction_ ? Finish(false, out) : out_of_place();
        case kTelemetry:
          Success(out);
          return absl::OkStatus();
        default:
          return out_of_place();
      }
    default:
      return out_of_place();
  }
}

absl::Status Session::Hello(const Message& m, std::string* out) {
  SKEIN_RETURN_IF_ERROR(Protocol(Shape(m, {ValueKind::kMap})));
  ReadNotificationFilter(m.fields[0], &wanted_notes_);
  if (version_.AtLeast(5, 1)) {
    state_ = State::kAuthentication;
  } else {
    SKEIN_RETURN_IF_ERROR(Logon(m.fields[0]));
  }
  std::string meta;
  PackWriter w(&meta, true);
  patch_utc_ = AsksForUtc(m.fields[0]) && !version_.AtLeast(5, 0);
  w.MapHeader(patch_utc_ ? 4 : 3);
  w.Entry("server", kServerAgent);
  w.Entry("connection_id", id_);
  w.String("hints");
  w.MapHeader(0);
  if (patch_utc_) {
    w.String("patch_bolt");
    w.ListHeader(1);
    w.String("utc");
  }
  SuccessWith(meta, out);
  return absl::OkStatus();
}

absl::Status Session::Logon(const Value& auth) {
  absl::StatusOr<std::shared_ptr<const Principal>> who =
      backend_.SignIn(Text(auth, "scheme"), Text(auth, "principal"), Text(auth, "credentials"));
  // A refused sign-in ends the connection: no guessing on one socket.
  if (!who.ok()) return Protocol(who.status());
  principal_ = *std::move(who);
  signed_in_ = true;
  state_ = State::kReady;
  return absl::OkStatus();
}

// The purpose travels as transaction metadata {case, basis, reason}; a new one makes a new
// connection, so that no plan or snapshot crosses from one purpose to another.
absl::Status Session::NeedConnection(const Value& extra) {
  const std::string impersonated = Text(extra, "imp_user");
  if (!impersonated.empty() && impersonated != principal_->name()) {
    return PermissionDenied("nobody works here in the name of another");
  }
  SKEIN_RETURN_IF_ERROR(CheckBookmarks(Entry(extra, "bookmarks")));
  notes_now_ = wanted_notes_;
  ReadNotificationFilter(extra, &notes_now_);
  ConnectFor what;
  if (const Value* meta = Entry(extra, "tx_metadata"); meta != nullptr) {
    Purpose p{Text(*meta, "case"), Text(*meta, "basis"), Text(*meta, "reason")};
    if (p.complete()) what.purpose = std::move(p);
  }
  what.read_only = Text(extra, "mode") == "r";
  const Value* timeout = Entry(extra, "tx_timeout");
  if (timeout != nullptr && timeout->kind() == ValueKind::kInteger && timeout->integer() > 0) {
    what.time = absl::Milliseconds(timeout->integer());
  }
  if (connection_ != nullptr && what == connected_for_) return absl::OkStatus();
  CloseStreams();
  connection_.reset();
  SKEIN_ASSIGN_OR_RETURN(connection_, backend_.Connect(principal_, what));
  connected_for_ = std::move(what);
  return absl::OkStatus();
}

absl::Status Session::RunQuery(const Message& m, std::string* out) {
  SKEIN_RETURN_IF_ERROR(Protocol(Shape(m, {ValueKind::kString, ValueKind::kMap, ValueKind::kMap})));
  if (!in_transaction_) SKEIN_RETURN_IF_ERROR(NeedConnection(m.fields[2]));
  if (streams_.size() >= kStreamsMax) {
    return ResourceExhausted("at most ", kStreamsMax, " results may be open in a transaction");
  }
  const std::string& text = m.fields[0].string();
  SKEIN_ASSIGN_OR_RETURN(
      std::unique_ptr<Receipt> receipt,
      backend_.LogStatement(principal_, connected_for_.purpose, text, m.fields[1].map()));
  const absl::Status entered = EnterWork();
  absl::StatusOr<std::unique_ptr<Cursor>> cursor =
      entered.ok() ? connection_->Run(text, m.fields[1].map()) : entered;
  if (!cursor.ok()) {
    if (receipt != nullptr) receipt->Complete(0, /*whole=*/false, "");
    const bool writes = absl::IsPermissionDenied(cursor.status()) && connected_for_.read_only;
    return writes ? WithFailureCode(cursor.status(), "Neo.ClientError.Statement.AccessMode")
                  : cursor.status();
  }
  auto stream = std::make_unique<Stream>(in_transaction_ ? next_qid_ : 0, *std::move(cursor),
                                         std::move(receipt));
  SKEIN_RETURN_IF_ERROR(stream->Prime());  // writes happen, and errors show, at RUN
  std::string meta;
  PackWriter w(&meta, true);
  w.MapHeader(in_transaction_ ? 3 : 2);
  w.String("fields");
  w.ListHeader(stream->cursor().columns().size());
  for (const std::string& name : stream->cursor().columns()) w.String(name);
  w.Entry("t_first", absl::ToInt64Milliseconds(stream->cursor().summary().time));
  if (in_transaction_) w.Entry("qid", next_qid_++);
  SuccessWith(meta, out);
  streams_.push_back(std::move(stream));
  state_ = State::kStreaming;
  return absl::OkStatus();
}

absl::Status Session::StartPull(const Message& m, bool discard) {
  SKEIN_RETURN_IF_ERROR(Protocol(Shape(m, {ValueKind::kMap})));
  const Value* n = Entry(m.fields[0], "n");
  if (n == nullptr || n->kind() != ValueKind::kInteger || n->integer() == 0 || n->integer() < -1) {
    return Protocol(InvalidArgument("PULL and DISCARD need n, a positive number or -1"));
  }
  const Value* qid = Entry(m.fields[0], "qid");
  const int64_t wanted = qid != nullptr && qid->kind() == ValueKind::kInteger ? qid->integer() : -1;
  const auto stream = wanted == -1
                          ? std::prev(streams_.end())
                          : std::find_if(streams_.begin(), streams_.end(),
                                         [&](const auto& s) { return s->qid() == wanted; });
  if (stream == streams_.end()) {
    return Protocol(InvalidArgument("there is no open result with qid ", wanted));
  }
  pulled_ = stream->get();
  pulled_->Want(n->integer(), discard);
  return absl::OkStatus();
}

absl::Status Session::ContinuePull(std::string* out) {
  const RecordFormat format{.utc = version_.AtLeast(5, 0) || patch_utc_,
                            .element_ids = version_.AtLeast(5, 0)};
  SKEIN_ASSIGN_OR_RETURN(const Stream::Piece piece, pulled_->Pull(format, kOutputHigh, out));
  if (piece == Stream::Piece::kOutputFull) return absl::OkStatus();
  if (piece == Stream::Piece::kEnd) {
    EndOfStream(out);
    return absl::OkStatus();
  }
  pulled_ = nullptr;
  std::string meta;
  PackWriter w(&meta, true);
  w.MapHeader(1);
  w.EntryBoolean("has_more", true);
  SuccessWith(meta, out);
  return absl::OkStatus();
}

void Session::EndOfStream(std::string* out) {
  WriteSummary(pulled_->cursor().summary(), out);
  pulled_->Finished();
  std::erase_if(streams_, [&](const auto& s) { return s.get() == pulled_; });
  pulled_ = nullptr;
  if (!streams_.empty()) return;
  LeaveWork();
  state_ = State::kReady;
}

void Session::WriteSummary(const QuerySummary& s, std::string* out) {
  const std::pair<std::string_view, uint64_t> counters[] = {
      {"nodes-created", s.nodes_created},         {"nodes-deleted", s.nodes_deleted},
      {"relationships-created", s.links_created}, {"relationships-deleted", s.links_deleted},
      {"properties-set", s.properties_set},       {"labels-added", s.labels_added},
      {"labels-removed", s.labels_removed},       {"indexes-added", s.indexes_added},
      {"indexes-removed", s.indexes_removed}};
  const auto changed = static_cast<size_t>(
      std::count_if(std::begin(counters), std::end(counters), [](auto& c) { return c.second; }));
  constexpr std::string_view kTypes[] = {"r", "w", "rw", "s"};
  std::string meta;
  PackWriter w(&meta, true);
  const bool gql = version_.AtLeast(5, 6);
  const bool notes = gql || HasNotifications(s, notes_now_);
  const bool plan = !s.plan_tree.is_null();
  w.MapHeader(3 + (changed != 0 ? 1 : 0) + (in_transaction_ ? 0 : 1) + (notes ? 1 : 0) +
              (plan ? 1 : 0));
  w.Entry("type", kTypes[static_cast<size_t>(s.type)]);
  w.Entry("t_last", absl::ToInt64Milliseconds(s.time));
  w.Entry("db", "skein");
  if (changed != 0) {
    w.String("stats");
    w.MapHeader(changed + 1);
    for (const auto& [name, count] : counters) {
      if (count != 0) w.Entry(name, static_cast<int64_t>(count));
    }
    w.EntryBoolean("contains-updates", true);
  }
  if (gql) {
    WriteStatuses(s, notes_now_, !pulled_->cursor().columns().empty(), w);
  } else if (notes) {
    WriteNotifications(s, notes_now_, w);
  }
  if (plan) WritePlan(s, w);
  if (!in_transaction_) w.Entry("bookmark", absl::StrCat(ToAbsl(kBookmarkPrefix), Raw(s.version)));
  SuccessWith(meta, out);
}

absl::Status Session::Begin(const Message& m, std::string* out) {
  SKEIN_RETURN_IF_ERROR(Protocol(Shape(m, {ValueKind::kMap})));
  if (in_transaction_) return Protocol(InvalidArgument("a transaction is open already"));
  SKEIN_RETURN_IF_ERROR(NeedConnection(m.fields[0]));
  SKEIN_RETURN_IF_ERROR(connection_->Begin());
  in_transaction_ = true;
  next_qid_ = 0;
  Success(out);
  return absl::OkStatus();
}

absl::Status Session::Finish(bool commit, std::string* out) {
  if (!in_transaction_) return Protocol(InvalidArgument("no transaction is open"));
  in_transaction_ = false;
  CloseStreams();  // results that nobody pulled to their end
  state_ = State::kReady;
  if (!commit) {
    SKEIN_RETURN_IF_ERROR(connection_->Rollback());
    Success(out);
    return absl::OkStatus();
  }
  SKEIN_RETURN_IF_ERROR(connection_->Commit());
  SKEIN_ASSIGN_OR_RETURN(std::shared_ptr<const Reader> reader, connection_->CurrentReader());
  std::string meta;
  PackWriter w(&meta, true);
  w.MapHeader(1);
  w.Entry("bookmark", absl::StrCat(ToAbsl(kBookmarkPrefix), Raw(reader->version())));
  SuccessWith(meta, out);
  return absl::OkStatus();
}

absl::Status Session::Route(const Message& m, std::string* out) {
  if (m.fields.empty()) return Protocol(InvalidArgument("ROUTE needs its routing context"));
  // The address that the client dialled is the one it can reach.
  std::string address = Text(m.fields[0], "address");
  if (address.empty()) address = address_;
  std::string meta;
  PackWriter w(&meta, true);
  w.MapHeader(1);
  w.String("rt");
  w.MapHeader(3);
  w.Entry("ttl", int64_t{300});
  w.Entry("db", "skein");
  w.String("servers");
  w.ListHeader(3);
  for (std::string_view role : {"ROUTE", "READ", "WRITE"}) {
    w.MapHeader(2);
    w.Entry("role", role);
    w.String("addresses");
    w.ListHeader(1);
    w.String(address);
  }
  SuccessWith(meta, out);
  return absl::OkStatus();
}

void Session::Reset(std::string* out) {
  CloseStreams();
  bool dead = false;
  {
    absl::MutexLock lock(&mutex_);
    --resets_waiting_;
    dead = std::exchange(cancelled_, false);
  }
  if (in_transaction_) {
    in_transaction_ = false;
    SKEIN_IGNORE_ERROR(connection_->Rollback(), "the transaction is given up either way");
  }
  if (dead) connection_.reset();
  if (state_ == State::kStreaming || state_ == State::kFailed) state_ = State::kReady;
  Success(out);
}

void Session::CloseStreams() {
  LeaveWork();
  pulled_ = nullptr;
  streams_.clear();
}

void Session::Success(std::string* out) {
  std::string meta;
  PackWriter(&meta, true).MapHeader(0);
  SuccessWith(meta, out);
}

void Session::SuccessWith(std::string_view packed_map, std::string* out) {
  std::string message;
  PackWriter(&message, true).StructHeader(kSuccess, 1);
  message.append(packed_map);
  AppendChunked(message, out);
}

void Session::Ignored(std::string* out) {
  std::string message;
  PackWriter(&message, true).StructHeader(kIgnored, 0);
  AppendChunked(message, out);
}

void Session::Failure(const absl::Status& status, std::string* out) {
  CloseStreams();
  std::string message;
  PackWriter w(&message, true);
  w.StructHeader(kFailure, 1);
  WriteFailure(status, version_.AtLeast(5, 7), w);
  AppendChunked(message, out);
  // A failed statement ends its transaction; the client still has to ROLLBACK or RESET.
  if (in_transaction_) {
    in_transaction_ = false;
    if (connection_->in_transaction()) {
      SKEIN_IGNORE_ERROR(connection_->Rollback(), "the transaction has failed already");
    }
  }
  const bool fatal = status.GetPayload(kProtocolErrorUrl).has_value();
  state_ = fatal ? State::kClosed : State::kFailed;
}

}  // namespace skein::bolt
