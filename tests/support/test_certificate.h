// A self-signed certificate for 127.0.0.1 and localhost, for tests of TLS.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <string>

namespace skein {

// Writes cert.pem and key.pem into `folder`; false: it could not.
inline bool WriteTestCertificate(const std::string& folder) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const cert = X509_new();
  if (key == nullptr || cert == nullptr) return false;
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
  X509_NAME* const name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(cert, name);
  X509_set_pubkey(cert, key);
  X509_EXTENSION* const names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_add_ext(cert, names, -1);
  bool ok = X509_sign(cert, key, EVP_sha256()) != 0;
  const auto write = [&](const std::string& path, auto call) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    ok = ok && file != nullptr && call(file) == 1;
    if (file != nullptr) std::fclose(file);
  };
  write(folder + "/cert.pem", [&](std::FILE* f) { return PEM_write_X509(f, cert); });
  write(folder + "/key.pem", [&](std::FILE* f) {
    return PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_EXTENSION_free(names);
  X509_free(cert);
  EVP_PKEY_free(key);
  return ok;
}

}  // namespace skein
