/*
 * Inspection policy maps -> struct sip_map, struct sccp_map. Each regular expression is compiled once; the part's
 * fini frees them. What a map names is looked up here, so a name that is gone matches nothing.
 */
#include <string.h>

#include "proxy/conf/inspect_rt.h"

struct named_regex {
        const char *name;
        struct regex *re;
};

struct inspect_part { /* root of the part: the public view first */
        struct inspect_rt rt;
        unsigned nregex;
        struct named_regex *regex;
};

struct compile {
        struct arena *a;
        const struct inspection_conf *conf;
        const struct inspect_part *p;
        struct err *e;
};

static void part_fini(const void *root)
{
        const struct inspect_part *p = root;

        for (unsigned i = 0; i < p->nregex; i++)
                regex_free(p->regex[i].re);
}

/* The expressions were checked when they were typed: one that is no longer understood matches nothing. */
static int compile_regexes(struct inspect_part *p, const struct compile *x)
{
        struct err why = { 0 };

        p->regex = arena_array(x->a, x->conf->regexes.n + 1, sizeof *p->regex);
        if (!p->regex)
                return err_nomem(x->e, "compiling regular expressions");
        conf_each(struct regex_conf, r, &x->conf->regexes) {
                struct named_regex *n = &p->regex[p->nregex];

                n->name = arena_strdup(x->a, r->o.name);
                if (!n->name)
                        return err_nomem(x->e, "compiling regular expressions");
                n->re = regex_new(r->pattern, &why);
                if (n->re)
                        p->nregex++;
                else if (why.code == ERR_NOMEM)
                        return err_nomem(x->e, "compiling regular expressions");
        }
        return 0;
}

static const struct regex *regex_find(const struct compile *x, const char *name)
{
        for (unsigned i = 0; i < x->p->nregex; i++)
                if (!strcmp(x->p->regex[i].name, name))
                        return x->p->regex[i].re;
        return NULL;
}

static void add_regex(const struct compile *x, const struct regex **to, unsigned *n, const char *name)
{
        const struct regex *re = regex_find(x, name);

        if (re)
                to[(*n)++] = re;
}

static int compile_match(const struct compile *x, const struct sip_match_conf *c, struct sip_match *m)
{
        const struct regex_class_conf *cls = conf_list_find(&x->conf->regex_classes, c->regex_class);
        const struct regex **re = arena_array(x->a, (cls ? cls->regexes.n : 0) + 1, sizeof(const struct regex *));

        if (!re)
                return err_nomem(x->e, "compiling inspection maps");
        *m = (struct sip_match){ .kind = c->kind, .negate = c->negate, .method = c->method, .gt = c->gt };
        if (*c->regex)
                add_regex(x, re, &m->nregex, c->regex);
        if (cls)
                conf_each(struct conf_obj, o, &cls->regexes)
                        add_regex(x, re, &m->nregex, o->name);
        m->regex = re;
        return 0;
}

static int compile_class(const struct compile *x, const struct sip_class_conf *c, struct sip_rule *r)
{
        struct sip_match *m = arena_array(x->a, c->matches.n + 1, sizeof *m);

        if (!m)
                return err_nomem(x->e, "compiling inspection maps");
        r->all = c->how != SIP_CLASS_ANY;
        r->match = m;
        conf_each(struct sip_match_conf, mc, &c->matches)
                if (compile_match(x, mc, &m[r->nmatch++]) < 0)
                        return -1;
        return 0;
}

static int compile_single(const struct compile *x, const struct sip_match_conf *c, struct sip_rule *r)
{
        struct sip_match *m = arena_alloc(x->a, sizeof *m);

        if (!m)
                return err_nomem(x->e, "compiling inspection maps");
        r->all = true;
        r->match = m;
        r->nmatch = 1;
        return compile_match(x, c, m);
}

static int compile_rule(const struct compile *x, const struct sip_rule_conf *c, struct sip_rule *r)
{
        const struct sip_class_conf *cls = *c->cls ? conf_list_find(&x->conf->sip_classes, c->cls) : NULL;

        r->id = c->m.o.id;
        r->act = c->act;
        r->name = arena_strdup(x->a, *c->cls ? c->cls : c->m.o.name);
        if (!r->name)
                return err_nomem(x->e, "compiling inspection maps");
        if (cls)
                return compile_class(x, cls, r);
        return *c->cls ? 0 : compile_single(x, &c->m, r);
}

static void defaults(struct sip_map *m, const char *name, const struct timeout_conf *t)
{
        strcpy(m->name, name);
        m->t_sip = t->sip;
        m->t_media = t->sip_media;
        m->t_invite = t->sip_invite;
        m->t_disconnect = t->sip_disconnect;
        m->t_provisional = t->sip_provisional;
}

static void parameters(struct sip_map *m, const struct sip_map_conf *c)
{
        m->no_im = c->no_im;
        m->ip_address_privacy = c->ip_address_privacy;
        m->no_traffic_non_sip = c->no_traffic_non_sip;
        m->rtp_conformance = c->rtp_conformance;
        m->enforce_payloadtype = c->enforce_payloadtype;
        m->max_forwards = c->max_forwards;
        m->software_version = c->software_version;
        m->state_checking = c->state_checking;
        m->strict_header = c->strict_header;
        m->uri_non_sip = c->uri_non_sip;
}

/* A rule that does nothing, or whose class asks for nothing, is left out. */
static int compile_map(const struct compile *x, const struct sip_map_conf *c, const struct timeout_conf *t,
                       struct sip_map_rt *out)
{
        struct sip_rule *rule = arena_array(x->a, c->rules.n + 1, sizeof *rule);

        if (!rule)
                return err_nomem(x->e, "compiling inspection maps");
        out->id = c->o.id;
        defaults(&out->map, c->o.name, t);
        parameters(&out->map, c);
        out->map.rule = rule;
        conf_each(struct sip_rule_conf, rc, &c->rules) {
                struct sip_rule *r = &rule[out->map.nrules];

                memset(r, 0, sizeof *r);
                if (rc->act.what == SIP_ACT_NONE)
                        continue;
                if (compile_rule(x, rc, r) < 0)
                        return -1;
                out->map.nrules += r->nmatch > 0;
        }
        return 0;
}

/* ---- SCCP ---- */

static int compile_skinny(const struct compile *x, const struct skinny_map_conf *c, struct sccp_map_rt *out)
{
        struct sccp_match *match = arena_array(x->a, c->rules.n + 1, sizeof *match);
        struct sccp_map *m = &out->map;

        if (!match)
                return err_nomem(x->e, "compiling inspection maps");
        out->id = c->o.id;
        *m = (struct sccp_map){ .enforce_registration = c->enforce_registration,
                                .rtp_conformance = c->rtp_conformance,
                                .enforce_payloadtype = c->enforce_payloadtype,
                                .id_max = SCCP_ID_MAX_DEFAULT,
                                .prefix_min = c->prefix_min,
                                .prefix_max = c->prefix_max,
                                .t_media = c->t_media,
                                .t_signaling = c->t_signaling,
                                .match = match };
        skinny_id(c->id_max, &m->id_max);
        conf_each(struct skinny_rule_conf, r, &c->rules) {
                struct sccp_match *to = &match[m->nmatches];

                *to = (struct sccp_match){ .negate = r->negate, .log = r->log };
                if (!r->drop || !skinny_id(r->lo, &to->lo) || !skinny_id(*r->hi ? r->hi : r->lo, &to->hi))
                        continue;
                m->nmatches++;
        }
        return 0;
}

static int compile_skinny_maps(const struct compile *x, struct inspect_rt *rt)
{
        rt->skinny = arena_array(x->a, x->conf->skinny_maps.n + 1, sizeof *rt->skinny);
        if (!rt->skinny)
                return err_nomem(x->e, "compiling inspection maps");
        rt->skinny_default = sccp_map_default();
        conf_each(struct skinny_map_conf, c, &x->conf->skinny_maps)
                if (compile_skinny(x, c, &rt->skinny[rt->n_skinny++]) < 0)
                        return -1;
        return 0;
}

int inspect_compile(struct snap_part *part, const struct inspection_conf *conf, const struct timeout_conf *t,
                    struct err *e)
{
        struct inspect_part *p = arena_alloc(part->arena, sizeof *p);
        struct compile x = { .a = part->arena, .conf = conf, .p = p, .e = e };
        struct sip_map_rt *sip = arena_array(part->arena, conf->sip_maps.n + 1, sizeof *sip);

        if (!p || !sip)
                return err_nomem(e, "compiling inspection maps");
        part->root = p;
        part->fini = part_fini;
        defaults(&p->rt.sip_default, "_default_sip_map", t);
        if (compile_regexes(p, &x) < 0)
                return -1;
        p->rt.sip = sip;
        conf_each(struct sip_map_conf, c, &conf->sip_maps)
                if (compile_map(&x, c, t, &sip[p->rt.n_sip++]) < 0)
                        return -1;
        return compile_skinny_maps(&x, &p->rt);
}
