/* The least program that listens for a callback: the two loopback addresses, a line, and then nothing. */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    int first = socket(AF_INET, SOCK_STREAM, 0);
    int second = socket(AF_INET6, SOCK_STREAM, 0);
    if (bind(first, (struct sockaddr *)&v4, sizeof v4) || listen(first, 128)) return 1;
    if (bind(second, (struct sockaddr *)&v6, sizeof v6) || listen(second, 128)) return 1;
    puts("Callback server running on port 0");
    fflush(stdout);
    pause();
}
