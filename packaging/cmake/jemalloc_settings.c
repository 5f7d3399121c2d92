// Settings of jemalloc, which looks for this variable when it starts. The heap asks for huge pages: a cache of
// hundreds of megabytes is read at random, and walking the page tables of a virtual machine for each 4 KiB costs
// a third of the time that a cache hit takes.
extern const char* malloc_conf;
const char* malloc_conf = "thp:always";
