// 09 case registry and 10 assistance desk.
#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "importers/city/write.h"

namespace skein::city {
namespace {

// Registries list by the time of the report: where a record stands must not tell how it was made.
template <typename T>
std::vector<const T*> ByReport(const std::vector<T>& records) {
  std::vector<const T*> out;
  out.reserve(records.size());
  for (const T& r : records) out.push_back(&r);
  std::stable_sort(out.begin(), out.end(),
                   [](const T* a, const T* b) { return a->reported < b->reported; });
  return out;
}

absl::Status WriteCaseTable(const World& w, OutputTree& tree) {
  SKEIN_ASSIGN_OR_RETURN(
      Table t, Table::Open(tree, "09_cases/cases.csv", {.bom = true, .crlf = true},
                           {"案件编号", "案件类别", "作案手段", "简要案情", "发案时间起",
                            "发案时间止", "报案时间", "区划", "经度", "纬度", "状态", "被盗车牌"}));
  for (const Case* record : ByReport(w.cases)) {
    const Case& c = *record;
    const LatLon at = ToDatum(c.spot, Datum::kWgs84);
    // Officers write more than one line where a vehicle is gone.
    const std::string text =
        c.stolen_vehicle == kNone
            ? c.summary
            : absl::StrCat(c.summary, "\n被盗车辆:", At(w.vehicles, c.stolen_vehicle).make, " \"",
                           At(w.vehicles, c.stolen_vehicle).plate, "\"");
    t.Row({c.number, c.category, c.method, text, TimeText(c.from, TimeStyle::kDash),
           TimeText(c.to, TimeStyle::kDash), TimeText(c.reported, TimeStyle::kDash),
           At(w.districts, At(w.crossings, c.crossing).district).name, DegreesText(at.lon),
           DegreesText(at.lat), c.closed ? "结案" : "立案侦查",
           c.stolen_vehicle == kNone ? "" : At(w.vehicles, c.stolen_vehicle).plate});
  }
  return t.Close();
}

}  // namespace

absl::Status WriteCases(const World& w, OutputTree& tree) {
  SKEIN_RETURN_IF_ERROR(WriteCaseTable(w, tree));
  SKEIN_ASSIGN_OR_RETURN(Table persons,
                         Table::Open(tree, "09_cases/persons.tsv", {.delimiter = '\t'},
                                     {"案件编号", "人员证件号", "姓名", "角色", "绰号"}));
  for (const Case* record : ByReport(w.cases)) {
    const Case& c = *record;
    for (const Involvement& i : c.involved) {
      const Person& p = PersonAt(w, i.person);
      persons.Row(
          {c.number, p.id_number, p.name.Chinese(), i.role, i.alias.empty() ? "无" : i.alias});
    }
  }
  SKEIN_RETURN_IF_ERROR(persons.Close());
  SKEIN_ASSIGN_OR_RETURN(Table cells, Table::Open(tree, "09_cases/scene_cells.tsv",
                                                  {.delimiter = '\t'}, {"案件编号", "基站编号"}));
  for (const Case* record : ByReport(w.cases)) {
    const Case& c = *record;
    for (const int32_t s : c.scene_stations) cells.Row({c.number, At(w.stations, s).code});
  }
  return cells.Close();
}

absl::Status WriteAssistance(const World& w, OutputTree& tree) {
  const Dialect dialect{.delimiter = ';'};
  SKEIN_ASSIGN_OR_RETURN(Table t, Table::Open(tree, "10_assistance/requests.csv", dialect,
                                              {"RequestNo", "Type", "PersonId", "PersonName",
                                               "LastKnown", "Reported", "State", "Text"}));
  for (const Assistance* record : ByReport(w.assistance)) {
    const Assistance& a = *record;
    const Person& p = PersonAt(w, a.person);
    t.Row({a.number, a.kind, p.id_number, p.name.Chinese(),
           TimeText(a.last_known, TimeStyle::kDotted), TimeText(a.reported, TimeStyle::kDotted),
           a.closed ? "closed" : "open", a.description});
  }
  SKEIN_RETURN_IF_ERROR(t.Close());
  SKEIN_ASSIGN_OR_RETURN(Table bracelets, Table::Open(tree, "10_assistance/bracelets.csv", dialect,
                                                      {"PersonId", "PersonName", "Tag", "Issued"}));
  for (const Bracelet& b : w.bracelets) {
    const Person& p = PersonAt(w, b.person);
    bracelets.Row({p.id_number, p.name.Chinese(), At(w.tags, b.tag).number,
                   DateText(b.issued, DateStyle::kDotted)});
  }
  SKEIN_RETURN_IF_ERROR(bracelets.Close());
  SKEIN_ASSIGN_OR_RETURN(Table reports,
                         Table::Open(tree, "10_assistance/reports.csv", dialect,
                                     {"ReportNo", "RequestNo", "Time", "Lat", "Lon", "Text"}));
  uint64_t serial = 0;
  for (const AssistanceReport& r : w.reports) {
    const LatLon at = ToDatum(r.spot, Datum::kWgs84);
    reports.Row({absl::StrCat("XS", ++serial), At(w.assistance, r.assistance).number,
                 TimeText(r.at, TimeStyle::kDotted), DegreesText(at.lat), DegreesText(at.lon),
                 r.text});
  }
  return reports.Close();
}

}  // namespace skein::city
