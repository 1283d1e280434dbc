// jemalloc's settings for the program and the benchmarks that stand for it.
//
// Imports and queries make and drop many small objects: with jemalloc an import takes half the
// time. Pages of the graph are reached at random; on huge pages traversal is a third faster,
// because most of its waiting is for the address translation.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "thp:always,metadata_thp:auto";
}
