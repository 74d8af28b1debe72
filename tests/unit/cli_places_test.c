/* Who is at a door: numbers, bounds, who gives way. */
#include "cli/door/places.h"

#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

static struct places p;
static struct place x[PLACES_MAX + 1];

static int set_up(void **state)
{
        (void)state;
        places_init(&p, &(struct places_bounds){ .all = 6, .starting = 4, .source = 3, .user = 2 });
        memset(x, 0, sizeof x);
        return 0;
}

/* The i-th guest comes. Who gives way for him, or NULL. */
static struct place *come(unsigned i, const char *from)
{
        struct place *old;

        x[i].info.from = pb_addr(from);
        assert_true(places_take(&p, &x[i], &old));
        return old;
}

static bool turned_away(unsigned i, const char *from)
{
        struct place *old;
        unsigned n = p.n;

        x[i].info.from = pb_addr(from);
        if (places_take(&p, &x[i], &old))
                return false;
        assert_null(old);
        assert_int_equal(p.n, n);
        return true;
}

static void numbers_are_the_smallest_that_are_free(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 3; i++) {
                come(i, "10.0.0.1");
                assert_int_equal(x[i].info.id, i);
        }
        places_drop(&p, &x[1]);
        assert_int_equal(p.n, 2);
        come(3, "10.0.0.2");
        come(4, "10.0.0.2");
        assert_int_equal(x[3].info.id, 1);
        assert_int_equal(x[4].info.id, 3);
        assert_ptr_equal(places_find(&p, 1), &x[3]);
        assert_ptr_equal(places_find(&p, 2), &x[2]);
        assert_null(places_find(&p, 4));
        assert_null(places_find(&p, PLACES_MAX));
        x[2].info.phase = PLACE_OVER;
        assert_null(places_find(&p, 2));
}

static void an_address_has_a_few_that_have_not_logged_in(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 3; i++)
                assert_null(come(i, "10.0.0.1"));
        assert_true(turned_away(3, "10.0.0.1"));
        assert_null(come(3, "10.0.0.2"));
        assert_int_equal(places_admit(&p, &x[0], "a", 9), PLACES_OK); /* is none of these any more */
        assert_null(come(4, "10.0.0.1"));
        assert_true(turned_away(5, "10.0.0.1"));
}

static void the_oldest_gives_way(void **state)
{
        (void)state;
        come(0, "10.0.0.1");
        come(1, "10.0.0.1");
        come(2, "10.0.0.2");
        places_drop(&p, &x[0]);
        assert_null(come(3, "10.0.0.3")); /* has number 0, and is the youngest */
        assert_null(come(4, "10.0.0.4"));
        assert_ptr_equal(come(5, "10.0.0.5"), &x[1]);
        assert_int_equal(atomic_load(&x[1].end), PLACE_CROWDED);
        assert_true(place_must_go(&x[1]));
        assert_false(place_must_go(&x[2]));
        assert_int_equal(atomic_load(&x[5].end), PLACE_STAY);
        assert_ptr_equal(come(6, "10.0.0.6"), &x[2]); /* who goes counts no more */
}

static void there_are_so_many_in_all(void **state)
{
        char from[16];

        (void)state;
        for (unsigned i = 0; i < 6; i++) {
                snprintf(from, sizeof from, "10.0.0.%u", i + 1);
                come(i, from);
                if (i < 2)
                        assert_int_equal(places_admit(&p, &x[i], "a", 9), PLACES_OK);
        }
        assert_true(turned_away(6, "10.0.0.9"));
        assert_false(place_must_go(&x[2])); /* nobody goes for one who is turned away */
        places_drop(&p, &x[3]);
        assert_false(turned_away(6, "10.0.0.9"));
        assert_int_equal(x[6].info.id, 3);
}

static void a_door_may_have_the_most(void **state)
{
        (void)state;
        places_init(&p, &(struct places_bounds){ .all = PLACES_MAX, .starting = PLACES_MAX, .source = PLACES_MAX });
        for (unsigned i = 0; i < PLACES_MAX; i++)
                assert_null(come(i, "10.0.0.1"));
        assert_true(turned_away(PLACES_MAX, "10.0.0.2"));
        places_drop(&p, &x[PLACES_MAX - 1]);
        assert_null(come(PLACES_MAX, "10.0.0.2"));
        assert_int_equal(x[PLACES_MAX].info.id, PLACES_MAX - 1);
}

static void sessions_are_counted(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 3; i++)
                come(i, "10.0.0.1");
        assert_int_equal(places_admit(&p, &x[0], "a", 2), PLACES_OK);
        assert_int_equal(x[0].info.phase, PLACE_IN);
        assert_string_equal(x[0].info.user, "a");
        assert_int_equal(places_admit(&p, &x[1], "b", 2), PLACES_OK);
        assert_int_equal(places_admit(&p, &x[2], "c", 2), PLACES_FULL);
        assert_int_equal(x[2].info.phase, PLACE_KEYS);
        assert_string_equal(x[2].info.user, "");
        places_leave(&p, &x[0]);
        assert_int_equal(x[0].info.phase, PLACE_LOGIN);
        assert_string_equal(x[0].info.user, "");
        assert_int_equal(p.nin, 1);
        places_leave(&p, &x[0]); /* once */
        assert_int_equal(p.nin, 1);
        assert_int_equal(places_admit(&p, &x[2], "c", 2), PLACES_OK);
        places_drop(&p, &x[1]); /* one who just goes gives his place back */
        assert_int_equal(p.nin, 1);
        assert_int_equal(places_admit(&p, &x[0], "a", 2), PLACES_OK);
}

static void a_user_has_a_few_sessions(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 3; i++)
                come(i, "10.0.0.1");
        assert_int_equal(places_admit(&p, &x[0], "a", 9), PLACES_OK);
        assert_int_equal(places_admit(&p, &x[1], "a", 9), PLACES_OK);
        assert_int_equal(places_admit(&p, &x[2], "a", 9), PLACES_USER_FULL);
        assert_int_equal(p.nin, 2);
        assert_int_equal(places_admit(&p, &x[2], "b", 9), PLACES_OK);
        places_leave(&p, &x[2]);
        places_leave(&p, &x[0]);
        assert_int_equal(places_admit(&p, &x[2], "a", 9), PLACES_OK);
        places_leave(&p, &x[1]);
        assert_int_equal(places_admit(&p, &x[1], "", 9), PLACES_OK); /* who has no name is not one who is not in */
        p.bounds.user = 0;                                           /* no bound */
        assert_int_equal(places_admit(&p, &x[0], "a", 9), PLACES_OK);
}

static void the_first_reason_stays(void **state)
{
        (void)state;
        come(0, "10.0.0.1");
        place_end(&x[0], PLACE_OPERATOR);
        place_end(&x[0], PLACE_STOPPED);
        assert_int_equal(atomic_load(&x[0].end), PLACE_OPERATOR);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(numbers_are_the_smallest_that_are_free, set_up),
                cmocka_unit_test_setup(an_address_has_a_few_that_have_not_logged_in, set_up),
                cmocka_unit_test_setup(the_oldest_gives_way, set_up),
                cmocka_unit_test_setup(there_are_so_many_in_all, set_up),
                cmocka_unit_test_setup(a_door_may_have_the_most, set_up),
                cmocka_unit_test_setup(sessions_are_counted, set_up),
                cmocka_unit_test_setup(a_user_has_a_few_sessions, set_up),
                cmocka_unit_test_setup(the_first_reason_stays, set_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
