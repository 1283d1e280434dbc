// Numbers that look right, pass their check digits, and cannot belong to anybody.
//
// Why not real  (the same list is printed into the output's README)
//   identity card   begins with 99: no province of GB/T 2260 has that code, and as a foreigner's
//   permanent
//                   residence card (leading 9) its next two digits, 90, would be no province either
//   mobile number   eleven digits beginning 129: mobile numbers begin with 13 … 19
//   plate           汀 is no province's sign, and no city letter I has been issued
//   e-bike plate    written with the invented city's name
//   IMEI            begins with 00, the reporting body of test devices (3GPP TS 23.003, GSMA TS.06)
//   IMSI            network 001-01, the test network of ITU-T E.212
//   MAC             locally administered bit set: no manufacturer owns it
//   bank account    issuer 0000: no card issuer has a number that begins with 0000 (ISO/IEC 7812)
//   VIN             contains the letter I, which ISO 3779 forbids
//   passport        second letter I, which is not used
//   credit code     division 990101 (GB 32100 takes it from GB/T 2260)
//   case number     division 99…;  train numbers begin with I
// Check digits are right (identity card: ISO 7064 MOD 11-2; IMEI, account: Luhn; credit code: GB
// 32100 MOD 31), so that an importer's checks can be on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "importers/city/civil.h"

namespace skein::city {

// 18 characters; sequence 0 … 499 makes the three digits odd for men, even for women.
std::string IdNumber(int32_t region, Days born, int32_t sequence, bool male);
// Each spreads a dense serial number over its whole range, one to one below the stated limit.
std::string MobileNumber(uint64_t serial);                          // 10^8
std::string PlateNumber(uint64_t serial);                           // 34^5
std::string EbikePlate(uint64_t serial);                            // 10^7
std::string TagNumber(uint64_t serial);                             // 16^8
std::string Imei(uint64_t serial);                                  // 10^10
std::string Imsi(uint64_t serial);                                  // 10^10
std::string MacAddress(uint64_t serial);                            // 2^32
std::string AccountNumber(uint64_t serial);                         // 10^10
std::string Vin(uint64_t serial);                                   // 10^10
std::string PassportNumber(uint64_t serial);                        // 10^7
std::string CreditCode(uint64_t serial);                            // 10^8
std::string CaseNumber(int32_t region, Days day, uint32_t serial);  // 10^6

}  // namespace skein::city
