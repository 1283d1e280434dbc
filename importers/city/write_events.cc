// The event files of 03 … 07: written day by day, so that no more than a day is in memory.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "importers/city/daily.h"
#include "importers/city/json.h"
#include "importers/city/write.h"

namespace skein::city {
namespace {

// "49,500.00": how the bank prints fen.
std::string AmountText(int64_t fen) {
  std::string whole = absl::StrCat(fen / 100);
  for (auto at = static_cast<int64_t>(whole.size()) - 3; at > 0; at -= 3) {
    whole.insert(static_cast<size_t>(at), ",");
  }
  return absl::StrFormat("%s.%02d", whole, fen % 100);
}

std::string PassageLine(const World& w, const Passage& p) {
  constexpr std::string_view kColours = "A白B灰E红G绿H蓝J黑";
  const size_t at = kColours.find(p.colour);
  const std::string_view colour =
      at == std::string_view::npos ? "不明" : kColours.substr(at + 1, 3);
  const char* kind = p.kind == VehicleKind::kMotorcycle ? "摩托车"
                     : p.kind == VehicleKind::kVan      ? "面包车"
                                                        : "小型轿车";
  return absl::StrCat("{\"ts\":", JsonText(TimeText(p.at, TimeStyle::kIsoCity)),
                      ",\"camera\":", JsonText(At(w.cameras, p.camera).code),
                      ",\"plate\":", JsonText(p.plate), ",\"veh\":{\"color\":", JsonText(colour),
                      ",\"type\":", JsonText(kind), "},\"speed\":", p.speed, ",\"lane\":", p.lane,
                      ",\"confidence\":", absl::StrFormat("0.%02d", p.confidence), "}\n");
}

class EventFiles {
 public:
  EventFiles(const World& w, OutputTree& tree) : w_(w), tree_(tree) {}

  absl::Status Write() {
    SKEIN_ASSIGN_OR_RETURN(Table calls,
                           Table::Open(tree_, "03_telecom/calls.tsv", {.delimiter = '\t'},
                                       {"A_NUMBER", "B_NUMBER", "START_TS", "SECONDS", "KIND"}));
    SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> passages,
                           tree_.Open("04_cameras/passages.jsonl"));
    SKEIN_ASSIGN_OR_RETURN(Table cells,
                           Table::Open(tree_, "05_radio/cell_sightings.tsv", {.delimiter = '\t'},
                                       {"ts_ms", "msisdn", "cell_id"}));
    SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> wifi, tree_.Open("05_radio/wifi.jsonl"));
    SKEIN_ASSIGN_OR_RETURN(
        Table transfers,
        Table::Open(tree_, "06_bank/transfers.csv", {.quote_all = true, .crlf = true},
                    {"Txn", "Time", "From Account", "To Account", "Amount", "Currency", "Memo"}));
    SKEIN_ASSIGN_OR_RETURN(
        Table tags, Table::Open(tree_, "07_public_order/tag_reads.tsv",
                                {.delimiter = '\t', .crlf = true}, {"时间", "标签", "基站编码"}));
    for (int32_t day = 0; day < kWindowDays; ++day) {
      const Events events = EventsOfDay(w_, day);
      WriteCalls(events, calls);
      WritePassages(events, *passages);
      WriteSightings(events, cells, *wifi, tags);
      WriteTransfers(events, transfers);
    }
    SKEIN_RETURN_IF_ERROR(calls.Close());
    SKEIN_RETURN_IF_ERROR(tree_.Close(std::move(passages)));
    SKEIN_RETURN_IF_ERROR(cells.Close());
    SKEIN_RETURN_IF_ERROR(tree_.Close(std::move(wifi)));
    SKEIN_RETURN_IF_ERROR(transfers.Close());
    return tags.Close();
  }

 private:
  void WriteCalls(const Events& events, Table& out) const {
    for (const Call& c : events.calls) {
      out.Row({absl::StrCat("86", At(w_.phones, c.from).number),
               absl::StrCat("86", At(w_.phones, c.to).number), TimeText(c.at, TimeStyle::kEpoch),
               absl::StrCat(c.seconds), c.text ? "SMS" : "MOC"});
    }
  }

  void WritePassages(const Events& events, OutputFile& out) const {
    for (const Passage& p : events.passages) {
      out.Write(PassageLine(w_, p));
      out.CountRecord();
    }
  }

  void WriteSightings(const Events& events, Table& cells, OutputFile& wifi, Table& tags) const {
    for (const CellSighting& s : events.cells) {
      cells.Row({TimeText(s.at, TimeStyle::kEpochMilli), At(w_.phones, s.phone).number,
                 At(w_.stations, s.station).code});
    }
    for (const WifiSighting& s : events.wifi) {
      wifi.Write(absl::StrCat("{\"seen\":", JsonText(TimeText(s.at, TimeStyle::kIsoUtc)),
                              ",\"mac\":", JsonText(At(w_.devices, s.device).mac), ",\"ap\":",
                              JsonText(At(w_.points, s.point).code), ",\"rssi\":", s.dbm, "}\n"));
      wifi.CountRecord();
    }
    for (const TagRead& r : events.tags) {
      tags.Row({TimeText(r.at, TimeStyle::kSlash), At(w_.tags, r.tag).number,
                At(w_.tag_stations, r.station).code});
    }
  }

  void WriteTransfers(const Events& events, Table& out) {
    for (const Transfer& t : events.transfers) {
      out.Row({absl::StrFormat("TX%010d", ++transfer_), TimeText(t.at, TimeStyle::kDayFirst),
               At(w_.accounts, t.from).number, At(w_.accounts, t.to).number, AmountText(t.fen),
               "CNY", t.memo});
    }
  }

  const World& w_;
  OutputTree& tree_;
  uint64_t transfer_ = 0;
};

}  // namespace

absl::Status WriteEvents(const World& w, OutputTree& tree) { return EventFiles(w, tree).Write(); }

}  // namespace skein::city
