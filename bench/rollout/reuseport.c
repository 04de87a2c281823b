/* Loaded into every server alike (LD_PRELOAD), so that old and new instance can bind the same port (SO_REUSEPORT). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *address, socklen_t length) {
    static int (*real)(int, const struct sockaddr *, socklen_t);
    int one = 1;
    if (!real)
        real = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
    if (address && (address->sa_family == AF_INET || address->sa_family == AF_INET6))
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    return real(fd, address, length);
}
