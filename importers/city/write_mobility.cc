// Registers of sensors (04, 05), of the public-order office (07), and rail tickets (08).
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "importers/city/json.h"
#include "importers/city/write.h"

namespace skein::city {
namespace {

// A register of sensors: code, name, longitude, latitude, status, in the department's datum.
absl::Status WriteSensorTable(const std::vector<Sensor>& sensors, OutputTree& tree,
                              const std::string& path, Dialect dialect, Datum datum,
                              const std::vector<std::string>& header) {
  SKEIN_ASSIGN_OR_RETURN(Table t, Table::Open(tree, path, dialect, header));
  for (const Sensor& s : sensors) {
    const LatLon at = ToDatum(s.spot, datum);
    t.Row({s.code, s.name, DegreesText(at.lon), DegreesText(at.lat),
           s.clock_fault ? "时钟故障" : "正常"});
  }
  return t.Close();
}

absl::Status WriteHotels(const World& w, OutputTree& tree) {
  SKEIN_ASSIGN_OR_RETURN(Table hotels, Table::Open(tree, "07_public_order/hotels.tsv",
                                                   {.delimiter = '\t', .crlf = true},
                                                   {"旅馆编码", "旅馆名称", "经度", "纬度"}));
  for (const Hotel& h : w.hotels) {
    const LatLon at = ToDatum(h.spot, Datum::kGcj02);
    hotels.Row({h.code, h.name, DegreesText(at.lon), DegreesText(at.lat)});
  }
  SKEIN_RETURN_IF_ERROR(hotels.Close());
  SKEIN_ASSIGN_OR_RETURN(
      Table stays,
      Table::Open(tree, "07_public_order/hotel_stays.tsv", {.delimiter = '\t', .crlf = true},
                  {"旅馆编码", "旅客姓名", "公民身份号码", "证件种类", "证件号码", "房号",
                   "入住时间", "退房时间"}));
  for (const Stay& s : w.stays) {
    const Person& p = PersonAt(w, s.person);
    stays.Row({At(w.hotels, s.hotel).code, p.name.Chinese(), p.id_number,
               s.document_kind.empty() ? "身份证" : s.document_kind,
               s.document.empty() ? p.id_number : s.document, s.room,
               TimeText(s.in, TimeStyle::kSlash), TimeText(s.out, TimeStyle::kSlash)});
  }
  return stays.Close();
}

const char* ColourWord(char code) {
  switch (code) {
    case 'A':
      return "白";
    case 'B':
      return "灰";
    case 'E':
      return "红";
    case 'G':
      return "绿";
    case 'H':
      return "蓝";
    case 'J':
      return "黑";
    default:
      return "不明";
  }
}

}  // namespace

absl::Status WriteSensors(const World& w, OutputTree& tree) {
  SKEIN_RETURN_IF_ERROR(WriteSensorTable(w.cameras, tree, "04_cameras/cameras.csv", {.bom = true},
                                         Datum::kGcj02,
                                         {"卡口编号", "卡口名称", "经度", "纬度", "状态"}));
  SKEIN_RETURN_IF_ERROR(WriteSensorTable(w.stations, tree, "05_radio/stations.csv",
                                         {.delimiter = ';'}, Datum::kBd09,
                                         {"cell_id", "site_name", "bd_lng", "bd_lat", "state"}));
  return WriteSensorTable(w.points, tree, "05_radio/access_points.csv", {.delimiter = ';'},
                          Datum::kBd09, {"ap_id", "site_name", "bd_lng", "bd_lat", "state"});
}

absl::Status WritePublicOrder(const World& w, OutputTree& tree) {
  SKEIN_RETURN_IF_ERROR(WriteHotels(w, tree));
  SKEIN_RETURN_IF_ERROR(WriteSensorTable(w.tag_stations, tree, "07_public_order/tag_stations.tsv",
                                         {.delimiter = '\t', .crlf = true}, Datum::kGcj02,
                                         {"基站编码", "基站名称", "经度", "纬度", "状态"}));
  SKEIN_ASSIGN_OR_RETURN(
      Table bikes,
      Table::Open(tree, "07_public_order/ebikes.tsv", {.delimiter = '\t', .crlf = true},
                  {"车牌", "标签", "品牌", "颜色", "车主身份号码", "登记日期"}));
  for (const Ebike& e : w.ebikes) {
    bikes.Row({e.plate, At(w.tags, e.tag).number, e.make, ColourWord(e.colour),
               PersonAt(w, e.owner).id_number, DateText(e.registered, DateStyle::kSlash)});
  }
  return bikes.Close();
}

absl::Status WriteRail(const World& w, OutputTree& tree) {
  SKEIN_ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file, tree.Open("08_rail/tickets.jsonl"));
  uint64_t serial = 0;
  for (const Ticket& t : w.tickets) {
    const Person& p = PersonAt(w, t.person);
    file->Write(absl::StrCat(
        "{\"ticketNo\":", JsonText(absl::StrFormat("I99%010d", ++serial)),
        ",\"passenger\":{\"name\":", JsonText(p.name.Chinese()),
        ",\"latin\":", JsonText(p.name.Latin()), ",\"idNumber\":", JsonText(p.id_number),
        "},\"document\":{\"kind\":", t.document.empty() ? "\"id\"" : "\"passport\"",
        ",\"number\":", JsonText(t.document.empty() ? p.id_number : t.document),
        "},\"train\":", JsonText(t.train), ",\"from\":", JsonText(At(w.rail_stations, t.from)),
        ",\"to\":", JsonText(At(w.rail_stations, t.to)),
        ",\"departs\":", JsonText(TimeText(t.departs, TimeStyle::kIsoUtc)),
        ",\"arrives\":", JsonText(TimeText(t.arrives, TimeStyle::kIsoUtc)), ",\"coach\":", t.coach,
        ",\"seat\":", JsonText(t.seat), "}\n"));
    file->CountRecord();
  }
  return tree.Close(std::move(file));
}

}  // namespace skein::city
