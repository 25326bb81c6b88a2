/* CUDA's functions for a program that must also start where there is no CUDA.
 *
 * A program that is linked with CUDA's shared libraries does not start without them, whatever it would go on to do. Linked with
 * these stubs it needs none: each stub jumps through a slot, and `cuInit`, the first function that any program has to call,
 * loads the libraries and fills the slots. Where there is no driver it answers "no device", which the caller can tell its
 * user. Until then, and where a library or a function of it is missing, a slot holds a function that answers with an error.
 *
 * x86-64 and ELF only. `functions.h` is written by stubs.py.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

/* In the order in which they are loaded: cuBLAS needs cuBLASLt. Nothing here compiles CUDA code at run time or draws numbers on a
 * GPU, so NVRTC and cuRAND are never loaded. */
enum library { cuda, cublasLt, cublas, LIBRARIES, curand, nvrtc };
static const char *const libraries[LIBRARIES] = {
    [cuda] = "libcuda.so.1",
    [cublasLt] = "libcublasLt.so.13",
    [cublas] = "libcublas.so.13",
};

/* What each library says when it cannot be used. */
enum { CUDA_ERROR_NO_DEVICE = 100, CUBLAS_STATUS_NOT_INITIALIZED = 1 };
enum { CURAND_STATUS_NOT_INITIALIZED = 101, NVRTC_ERROR_INTERNAL_ERROR = 11 };
static int absent_cuda(void) { return CUDA_ERROR_NO_DEVICE; }
static int absent_cublas(void) { return CUBLAS_STATUS_NOT_INITIALIZED; }
static int absent_cublasLt(void) { return CUBLAS_STATUS_NOT_INITIALIZED; }
static int absent_curand(void) { return CURAND_STATUS_NOT_INITIALIZED; }
static int absent_nvrtc(void) { return NVRTC_ERROR_INTERNAL_ERROR; }
static const char *absent_text(void) { return "the library was not found"; }
static int absent_message(int code, const char **text) {
    (void)code;
    *text = "no driver: libcuda.so.1 was not found";
    return 0;
}

/* A generator comes with every device that candle opens, and is given a seed and closed again: that much works without cuRAND. */
static int idle_generator(void **generator) {
    *generator = 0;
    return 0;
}
static int idle(void) { return 0; }

/* STATUS: returns a status. TEXT: returns a text. MESSAGE: stores one. GENERATOR: opens a generator. IDLE: has nothing to do. */
#define STATUS(library, name) STUB(name, absent_##library)
#define TEXT(library, name) STUB(name, absent_text)
#define MESSAGE(library, name) STUB(name, absent_message)
#define GENERATOR(library, name) STUB(name, idle_generator)
#define IDLE(library, name) STUB(name, idle)
#define STUB(name, absent)                                                                             \
    __attribute__((visibility("hidden"))) void *slot_##name = (void *)absent;                          \
    __asm__(".pushsection .text\n"                                                                     \
            ".globl " #name "\n.hidden " #name "\n.type " #name ", @function\n" #name ":\n"            \
            "    jmp *slot_" #name "(%rip)\n"                                                          \
            ".size " #name ", . - " #name "\n.popsection\n");
#include "functions.h"
#undef STATUS
#undef TEXT
#undef MESSAGE
#undef GENERATOR
#undef IDLE

static const struct {
    enum library library;
    const char *name;
    void **slot;
} functions[] = {
#define STATUS(library, name) {library, #name, &slot_##name},
#define TEXT STATUS
#define MESSAGE STATUS
#define GENERATOR STATUS
#define IDLE STATUS
#include "functions.h"
};

static int (*driver_init)(unsigned);

static void load(void) {
    void *handles[LIBRARIES];
    for (int i = 0; i < LIBRARIES; i++) {
        handles[i] = dlopen(libraries[i], RTLD_NOW | RTLD_GLOBAL);
        if (!handles[cuda])
            return;
        if (!handles[i])
            fprintf(stderr, "there is a GPU driver, but not all of CUDA: %s\n", dlerror());
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        enum library library = functions[i].library;
        void *handle = library < LIBRARIES ? handles[library] : 0;
        void *function = handle ? dlsym(handle, functions[i].name) : 0;
        if (function)
            *functions[i].slot = function;
    }
    driver_init = (int (*)(unsigned))dlsym(handles[cuda], "cuInit");
}

int cuInit(unsigned flags) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return driver_init ? driver_init(flags) : CUDA_ERROR_NO_DEVICE;
}
