// The live socket: tickets, and the thin shell between a WebSocket and its room.
#include "absl/strings/escaping.h"
#include "server/http/api_server.h"
#include "server/http/arguments.h"
#include "server/http/render.h"
#include "storage/base/status.h"

namespace skein::http {
namespace {

constexpr absl::Duration kTicketLife = absl::Seconds(30);
constexpr size_t kTicketsMax = 10'000;

// What a person may see of the chart's elements, asked anew each time: rights change.
class GateProjection final : public live::Projection {
 public:
  GateProjection(const ApiParts& parts, auth::Access access)
      : parts_(parts), access_(std::move(access)) {}

  absl::Status Visible(std::span<const std::string_view> elements,
                       std::vector<uint8_t>* out) override {
    out->assign(elements.size(), 0);
    std::vector<int64_t> nodes;
    std::vector<int64_t> links;
    for (const std::string_view text : elements) {
      SKEIN_ASSIGN_OR_RETURN(const IdArgument id, ReadId(text));
      (id.kind == 'n' ? nodes : links).push_back(id.number);
    }
    QueryLimits limits;
    limits.time = absl::Seconds(10);
    SKEIN_ASSIGN_OR_RETURN(const auto connection,
                           parts_.gate.Connect(access_, "workbench", true, limits));
    SKEIN_ASSIGN_OR_RETURN(const auto explorer,
                           Explorer::Open(parts_.engine, *connection, parts_.gate.ViewerOf(access_),
                                          limits, parts_.clock));
    std::vector<uint8_t> node_seen;
    std::vector<uint8_t> link_seen;
    SKEIN_RETURN_IF_ERROR(explorer->Visible(nodes, links, &node_seen, &link_seen));
    size_t n = 0;
    size_t l = 0;
    for (size_t i = 0; i < elements.size(); ++i) {
      (*out)[i] = elements[i][0] == 'n' ? node_seen[n++] : link_seen[l++];
    }
    return absl::OkStatus();
  }

 private:
  const ApiParts& parts_;
  const auth::Access access_;
};

class SocketPeer final : public live::Peer {
 public:
  explicit SocketPeer(std::shared_ptr<Socket> socket) : socket_(std::move(socket)) {}
  void Send(std::shared_ptr<const std::string> text) override { socket_->Send(std::move(text)); }
  void Close(uint16_t code, std::string_view reason) override { socket_->Close(code, reason); }

 private:
  const std::shared_ptr<Socket> socket_;
};

// Every message is authorised anew: session, purpose, membership.
class LiveSocket final : public SocketHandler {
 public:
  LiveSocket(const ApiParts& parts, auth::Access access, std::string operation)
      : parts_(parts), access_(std::move(access)), operation_(std::move(operation)) {}

  void OnOpen(std::shared_ptr<Socket> socket) override {
    socket_ = std::move(socket);
    const auto operation = parts_.gate.directory().FindOperation(operation_);
    if (!operation || !Authorised()) return;
    auto joined = parts_.hub.Join(
        {operation_, operation->name, operation->open},
        {access_.person.name, access_.person.display_name, access_.person.unit, nullptr},
        std::make_unique<GateProjection>(parts_, access_), std::make_shared<SocketPeer>(socket_));
    if (!joined.ok()) {
      socket_->Close(live::kCloseFault, "the operation's log cannot be read");
      return;
    }
    connection_ = *joined;
    if (access_.sandbox) return;
    watch_ = parts_.gate.sessions().Watch(access_.session, [socket = socket_] {
      socket->Close(live::kCloseSessionEnded, "the session has ended");
    });
  }

  void OnText(std::string_view text) override {
    if (connection_ == 0 || !Authorised()) return;
    parts_.hub.Receive(connection_, text);
  }

  void OnClosed() override {
    if (watch_ != 0) parts_.gate.sessions().Unwatch(watch_);
    if (connection_ != 0) parts_.hub.Leave(connection_);
    connection_ = 0;
    socket_ = nullptr;
  }

 private:
  bool Authorised() {
    if (!access_.sandbox && !parts_.gate.sessions().Touch(access_.session)) {
      socket_->Close(live::kCloseSessionEnded, "the session has ended");
      return false;
    }
    const auto operation = parts_.gate.directory().FindOperation(operation_);
    if (!operation || !operation->HasMember(access_.person.unit)) {
      socket_->Close(live::kCloseNotMember, "your unit is not a member");
      return false;
    }
    if (!parts_.gate.MayRead(access_).ok()) {
      socket_->Close(live::kCloseRightsChanged, "the case is closed; choose another");
      return false;
    }
    return true;
  }

  const ApiParts& parts_;
  const auth::Access access_;
  const std::string operation_;
  std::shared_ptr<Socket> socket_;
  live::ConnectionId connection_ = 0;
  uint64_t watch_ = 0;
};

}  // namespace

absl::StatusOr<std::string> ApiServer::IssueTicket(Ticket ticket) {
  std::string text;
  absl::WebSafeBase64Escape(SecureRandomBytes(32), &text);
  const std::lock_guard lock(mutex_);
  if (tickets_.size() >= kTicketsMax) {
    return WithApiCode(ResourceExhausted("too many tickets; try again in a moment"), 429, "busy");
  }
  tickets_.emplace(auth::Sha256Hex(text), std::move(ticket));
  return text;
}

absl::StatusOr<ApiServer::Ticket> ApiServer::TakeTicket(const std::string& text) {
  const std::lock_guard lock(mutex_);
  const auto it = tickets_.find(auth::Sha256Hex(text));
  if (it == tickets_.end() || it->second.expires <= parts_.clock.Now()) {
    return WithApiCode(Unauthenticated("the ticket is unknown, used or too old"), 401,
                       "bad_ticket");
  }
  Ticket ticket = std::move(it->second);
  tickets_.erase(it);
  return ticket;
}

absl::StatusOr<std::shared_ptr<SocketHandler>> ApiServer::OpenLive(Request& request) {
  const std::string* text = request.Query("ticket");
  SKEIN_ASSIGN_OR_RETURN(const Ticket ticket, TakeTicket(text == nullptr ? "" : *text));
  SKEIN_RETURN_IF_ERROR(OperationFor(ticket.access, ticket.operation).status());
  SKEIN_RETURN_IF_ERROR(parts_.gate.Log(ticket.access, "live.join", ticket.operation));
  return std::make_shared<LiveSocket>(parts_, ticket.access, ticket.operation);
}

void ApiServer::AddLiveRoutes(Router* router) {
  router->Add(
      {.method = "POST",
       .pattern = "/api/v1/live/ticket",
       .handler =
           [this](Request& r) {
             return Read(r, "live.ticket", [&](Reading& reading) -> absl::StatusOr<std::string> {
               SKEIN_ASSIGN_OR_RETURN(const Json body, ReadBody(r));
               SKEIN_ASSIGN_OR_RETURN(const std::string id, Text(body, "operation", {1, 64}));
               SKEIN_RETURN_IF_ERROR(OperationFor(reading.access(), id).status());
               const absl::Time expires = parts_.clock.Now() + kTicketLife;
               SKEIN_ASSIGN_OR_RETURN(const std::string ticket,
                                      IssueTicket({id, reading.access(), expires}));
               JsonWriter out;
               out.BeginObject().Member("ticket", ticket);
               out.Member("url", "/api/v1/live?ticket=" + ticket);
               out.Member("expires_us", absl::ToUnixMicros(expires)).EndObject();
               return out.Take();
             });
           },
       .body_bytes_max = size_t{16} << 10});
  router->Add({.method = "GET",
               .pattern = "/api/v1/live",
               .handler =
                   [](Request&) {
                     return Response::Error(426, "upgrade_required",
                                            "this path speaks WebSocket, skein.live.1");
                   },
               .upgrade = [this](Request& r) { return OpenLive(r); },
               .subprotocol = "skein.live.1"});
}

}  // namespace skein::http
