/* Runs a fuzz entry over saved files: every path given, or every file of every directory given. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned ran;

static int run_file(const char *path)
{
        FILE *f = fopen(path, "rb");
        uint8_t *buf;
        size_t n;

        if (!f) {
                perror(path);
                return -1;
        }
        buf = malloc(1 << 20);
        if (!buf) {
                fclose(f);
                return -1;
        }
        n = fread(buf, 1, 1 << 20, f);
        fclose(f);
        /* An exact-size copy lets the sanitizer see a read past the end. */
        uint8_t *exact = malloc(n ? n : 1);
        if (exact) {
                memcpy(exact, buf, n);
                LLVMFuzzerTestOneInput(exact, n);
                ran++;
        }
        free(exact);
        free(buf);
        return 0;
}

static int run_path(const char *path)
{
        struct stat st;
        struct dirent *de;
        DIR *d;
        int rc = 0;

        if (stat(path, &st) != 0) {
                perror(path);
                return -1;
        }
        if (!S_ISDIR(st.st_mode))
                return run_file(path);
        d = opendir(path);
        while (d && (de = readdir(d))) {
                char p[4096];

                if (de->d_name[0] == '.')
                        continue;
                snprintf(p, sizeof p, "%s/%s", path, de->d_name);
                rc |= run_file(p);
        }
        if (d)
                closedir(d);
        return rc;
}

int main(int argc, char **argv)
{
        int rc = 0;

        for (int i = 1; i < argc; i++)
                rc |= run_path(argv[i]);
        printf("%u inputs replayed\n", ran);
        return rc || !ran ? 1 : 0;
}
