// 01 household register, 02 traffic administration, 03 telecom registers, 06 bank accounts.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "importers/city/write.h"

namespace skein::city {
namespace {

std::string IdOf(const World& w, int32_t person) {
  return person == kNone ? std::string() : PersonAt(w, person).id_number;
}

const char* Relation(const World& w, const Household& h, int32_t member) {
  const int32_t head = h.members.front();
  const Person& p = PersonAt(w, member);
  if (member == head) return "户主";
  if (p.spouse == head) return "配偶";
  if (p.father == head || p.mother == head) return p.male ? "子" : "女";
  const Person& h0 = PersonAt(w, head);
  if (h0.mother == member) return "母亲";
  if (h0.father == member) return "父亲";
  return "其他";
}

absl::Status WriteResidents(const World& w, OutputTree& tree) {
  SKEIN_ASSIGN_OR_RETURN(
      Table t, Table::Open(tree, "01_household/residents.csv", {.bom = true, .crlf = true},
                           {"户号", "姓名", "曾用名", "性别", "出生日期", "公民身份号码",
                            "与户主关系", "地址编码", "门牌", "父亲身份号码", "母亲身份号码",
                            "配偶身份号码", "服务处所代码", "服务处所", "备注"}));
  for (const Household& h : w.households) {
    for (const int32_t m : h.members) {
      const Person& p = PersonAt(w, m);
      t.Row({h.number, p.name.Chinese(), p.former_name, p.male ? "1" : "2",
             DateText(p.born, DateStyle::kCompact), p.id_number, Relation(w, h, m),
             At(w.addresses, h.address).code, h.door, IdOf(w, p.father), IdOf(w, p.mother),
             IdOf(w, p.spouse), p.firm == kNone ? "" : At(w.firms, p.firm).code,
             p.firm == kNone ? "" : At(w.firms, p.firm).name, p.register_note});
    }
  }
  return t.Close();
}

}  // namespace

absl::Status WriteHousehold(const World& w, OutputTree& tree) {
  SKEIN_RETURN_IF_ERROR(WriteResidents(w, tree));
  SKEIN_ASSIGN_OR_RETURN(
      Table places, Table::Open(tree, "01_household/addresses.csv", {.bom = true, .crlf = true},
                                {"地址编码", "地址", "区划代码", "区划", "经度", "纬度"}));
  for (const Address& a : w.addresses) {
    const District& d = At(w.districts, At(w.crossings, a.crossing).district);
    const LatLon at = ToDatum(a.spot, Datum::kWgs84);
    places.Row(
        {a.code, a.name, absl::StrCat(d.region), d.name, DegreesText(at.lon), DegreesText(at.lat)});
  }
  SKEIN_RETURN_IF_ERROR(places.Close());
  SKEIN_ASSIGN_OR_RETURN(
      Table papers,
      Table::Open(tree, "01_household/documents.csv", {.bom = true, .crlf = true},
                  {"证件号码", "证件种类", "持证人身份号码", "签发日期", "有效期至", "签发机关"}));
  for (const Document& d : w.documents) {
    papers.Row({d.number, d.kind, IdOf(w, d.holder), DateText(d.issued, DateStyle::kCompact),
                d.kind == "B" ? "长期" : DateText(d.expires, DateStyle::kCompact), d.office});
  }
  return papers.Close();
}

absl::Status WriteTraffic(const World& w, OutputTree& tree) {
  SKEIN_ASSIGN_OR_RETURN(Table t, Table::Open(tree, "02_traffic/vehicles.txt", {.delimiter = '|'},
                                              {"HPHM", "HPZL", "CLLX", "CLPP", "CSYS", "CLSBDH",
                                               "SYRLB", "SYR", "SFZMHM", "CCDJRQ", "ZT"}));
  for (const Vehicle& v : w.vehicles) {
    const bool motorcycle = v.kind == VehicleKind::kMotorcycle;
    const bool firm = v.firm != kNone;
    t.Row({v.plate, motorcycle ? "07" : "02",
           motorcycle ? "M21" : (v.kind == VehicleKind::kVan ? "H31" : "K33"), v.make,
           std::string(1, v.colour), v.vin, firm ? "2" : "1",
           firm ? At(w.firms, v.firm).name : PersonAt(w, v.owner).name.Chinese(),
           firm ? At(w.firms, v.firm).code : PersonAt(w, v.owner).id_number,
           DateText(v.registered, DateStyle::kDash), "A"});
  }
  SKEIN_RETURN_IF_ERROR(t.Close());
  SKEIN_ASSIGN_OR_RETURN(Table licences,
                         Table::Open(tree, "02_traffic/licences.txt", {.delimiter = '|'},
                                     {"SFZMHM", "XM", "ZJCX", "CCLZRQ", "YXQZ", "DABH"}));
  // Whoever owns a motor vehicle may drive it.
  std::vector<bool> done(w.people.size(), false);
  size_t serial = 0;
  for (const Vehicle& v : w.vehicles) {
    if (v.owner == kNone || done[static_cast<size_t>(v.owner)]) continue;
    done[static_cast<size_t>(v.owner)] = true;
    const Days first = v.registered - 300;
    licences.Row({PersonAt(w, v.owner).id_number, PersonAt(w, v.owner).name.Chinese(),
                  v.kind == VehicleKind::kMotorcycle ? "E" : "C1",
                  DateText(first, DateStyle::kDash), DateText(first + 3652, DateStyle::kDash),
                  absl::StrFormat("9901%08d", ++serial)});
  }
  return licences.Close();
}

absl::Status WriteTelecom(const World& w, OutputTree& tree) {
  SKEIN_ASSIGN_OR_RETURN(
      Table t,
      Table::Open(tree, "03_telecom/subscribers.csv", {.delimiter = ';', .quote_all = true},
                  {"MSISDN", "SUBSCRIBER", "ID_NO", "ACTIVATED", "PLAN"}));
  for (const Phone& p : w.phones) {
    t.Row({absl::StrCat("+86 ", p.number), PersonAt(w, p.owner).name.Latin(),
           PersonAt(w, p.owner).id_number, DateText(CityDay(p.opened), DateStyle::kDayFirst),
           p.number.back() % 2 == 0 ? "Tide 99" : "Harbour 39"});
  }
  SKEIN_RETURN_IF_ERROR(t.Close());
  SKEIN_ASSIGN_OR_RETURN(
      Table uses, Table::Open(tree, "03_telecom/attachments.tsv", {.delimiter = '\t'},
                              {"MSISDN", "IMSI", "IMEI", "WLAN_MAC", "FIRST_TS", "LAST_TS"}));
  for (const Phone& p : w.phones) {
    for (const Attachment& a : p.uses) {
      const Device& d = At(w.devices, a.device);
      uses.Row({absl::StrCat("86", p.number), a.imsi, d.imei, d.mac,
                TimeText(a.from, TimeStyle::kEpoch),
                a.to == 0 ? "-" : TimeText(a.to, TimeStyle::kEpoch)});
    }
  }
  return uses.Close();
}

absl::Status WriteBank(const World& w, OutputTree& tree) {
  SKEIN_ASSIGN_OR_RETURN(
      Table t,
      Table::Open(tree, "06_bank/accounts.csv", {.quote_all = true, .crlf = true},
                  {"Account No", "Holder Type", "Holder", "Holder ID", "Opened", "Branch"}));
  for (const Account& a : w.accounts) {
    const bool firm = a.firm != kNone;
    t.Row({a.number, firm ? "ORG" : "IND",
           firm ? At(w.firms, a.firm).name : PersonAt(w, a.owner).name.Chinese(),
           firm ? At(w.firms, a.firm).code : PersonAt(w, a.owner).id_number,
           DateText(a.opened, DateStyle::kDayFirst),
           absl::StrFormat("Yunting %02d", a.opened % 20 + 1)});
  }
  return t.Close();
}

}  // namespace skein::city
