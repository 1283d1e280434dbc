// The OpenAPI document of the HTTP API, embedded at build time from openapi.yaml.
//
// Threads   Safe from any thread; the text lives as long as the program.
// Cost      Converted from YAML once, at the first call.
#pragma once

#include <string>
#include <string_view>

namespace skein {

// As JSON: what GET /api/v1/openapi.json answers.
const std::string& OpenApiJson();

// The YAML as written.
std::string_view OpenApiYaml();

}  // namespace skein
