/*
 * Object NAT lines and network objects for tests, compiled against the interfaces of a worker_fixture:
 *
 *      struct nat_fixture n;
 *      nf_init(&n);
 *      nf_host(&n, "srv", "10.1.1.2");
 *      nf_static(&n, "srv", "inside", "outside", "192.0.2.140");
 *      nf_commit(&n, &f);      compiles into f.part[SNAP_NAT] and publishes
 */
#ifndef VOXGATE_TEST_NAT_FIXTURE_H
#define VOXGATE_TEST_NAT_FIXTURE_H

#include "nat/nat_rt.h"
#include "tests/support/worker_fixture.h"

struct nat_fixture {
        struct nat_conf conf;
        struct policy_conf objs;
};

void nf_init(struct nat_fixture *n);
void nf_fini(struct nat_fixture *n);
/* Objects. */
void nf_host(struct nat_fixture *n, const char *name, const char *ip);
void nf_subnet(struct nat_fixture *n, const char *name, const char *ip, uint8_t len);
void nf_range(struct nat_fixture *n, const char *name, const char *lo, const char *hi);
/* Lines; mapped: an address, or "interface". The result may be edited before the commit. */
struct object_nat_conf *nf_static(struct nat_fixture *n, const char *obj, const char *real_if, const char *mapped_if,
                                  const char *mapped);
struct object_nat_conf *nf_service(struct nat_fixture *n, const char *obj, const char *real_if, const char *mapped_if,
                                   const char *mapped, uint8_t proto, uint16_t real, uint16_t mapped_port);
struct object_nat_conf *nf_dynamic(struct nat_fixture *n, const char *obj, const char *real_if, const char *mapped_if,
                                   const char *mapped);
/* A line of twice NAT, of section 1 or 3. real, mapped: an object, "any", "interface". */
struct twice_nat_conf *nf_twice(struct nat_fixture *n, unsigned section, const char *real_if, const char *mapped_if,
                                const char *real, const char *mapped);
/* Its destination. */
struct twice_nat_conf *nf_there(struct twice_nat_conf *c, const char *mapped, const char *real);
/* A group of network objects: names with blanks between. */
void nf_group(struct nat_fixture *n, const char *name, const char *members);
/* A service object; 0: any port. */
void nf_ports(struct nat_fixture *n, const char *name, uint8_t proto, uint16_t src, uint16_t dst);
void nf_del(struct nat_fixture *n, const char *obj);
/* A compiled part; the reference is the caller's. */
struct snap_part *nf_compile(const struct nat_fixture *n, struct worker_fixture *f);
/* Replaces f->part[SNAP_NAT], publishes, and lets the worker see it. */
void nf_commit(const struct nat_fixture *n, struct worker_fixture *f);

#endif
