// Static files of the workbench: a folder listed once, at start, and served from the list.
//
// Shape     "/" and paths without a dot in their last segment that are no file answer index.html,
// so
//           that a reload of any view works. Files under assets/ carry a hash in their name and are
//           immutable; everything else is revalidated by ETag.
// Refused   What is not in the list does not exist: no path is ever joined to the folder.
// Coding    A file that has NAME.gz or NAME.br beside it is sent so to clients that take it; other
//           text files are gzipped once, at start. A coding has an ETag of its own.
// Range     One byte range a request, for map archives; RFC 9110 section 14. Of the plain file.
// Threads   Immutable once made.
// Cost      Small files are read and hashed at start; large ones (> 1 MiB) are sent from disk.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace skein::http {

class StaticFiles {
 public:
  // A missing folder is no error: then "/" answers a page that says how to build the workbench.
  static StaticFiles Load(const std::string& folder);

  Response Serve(const Request& request) const;
  bool empty() const { return files_.empty(); }
  const std::string& folder() const { return folder_; }

 private:
  struct File {
    std::string path;  // on disk
    std::string type;
    std::string etag;
    std::string content;  // of small files
    uint64_t size = 0;
    bool in_memory = false;
    bool immutable = false;
    std::string gzip;                  // packed at start; empty: not
    std::string gzip_url, brotli_url;  // of the packed file beside it; empty: none
  };
  void Pair();
  Response Send(const File& file, const Request& request) const;
  // The packed form that the client takes; nullopt: none.
  std::optional<Response> SendPacked(const File& file, const Request& request) const;
  const File* Find(std::string_view path) const;

  std::string folder_;
  std::map<std::string, File, std::less<>> files_;  // by URL path
};

}  // namespace skein::http
