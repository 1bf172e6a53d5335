//! How fast a guesser gets through, and that nobody is locked out for good.

use super::*;

const RULE: Rule = Rule {
    free: 3,
    first_delay: Duration::from_secs(1),
    max_delay: Duration::from_mins(1),
    window: Duration::from_mins(10),
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn slow(seconds: u64) -> Verdict {
    Verdict::SlowDown { retry_after: Duration::from_secs(seconds) }
}

#[test]
fn the_delay_doubles_up_to_its_bound() {
    for (count, expected) in [
        (0, None),
        (1, None),
        (2, None),
        (3, Some(1)),
        (4, Some(2)),
        (5, Some(4)),
        (8, Some(32)),
        (9, Some(60)),
        (40, Some(60)),
        (u32::MAX, Some(60)),
    ] {
        assert_eq!(RULE.delay_after(count), expected.map(Duration::from_secs), "{count}");
    }
    let strict = Rule { free: 0, ..RULE };
    assert_eq!(strict.delay_after(0), None);
    assert_eq!(strict.delay_after(1), Some(Duration::from_secs(1)));
}

#[test]
fn five_hundred_tries_at_once_let_through_only_the_free_ones() {
    let mut tally = None;
    let mut proceeded = 0;
    for _ in 0..500 {
        let (next, verdict) = RULE.record(tally.as_ref(), at(0));
        proceeded += u32::from(verdict == Verdict::Proceed);
        tally = Some(next);
    }
    assert_eq!(proceeded, 3);
    assert_eq!(
        tally,
        Some(Tally { count: 3, window_started_at: at(0), blocked_until: Some(at(1)) })
    );
}

#[test]
fn a_guesser_who_waits_exactly_gets_few_guesses_in_a_window() {
    let rule = Rules::default().subject_and_address;
    let (mut tally, mut now, mut guesses) = (None, at(0), 0);
    while now < at(3_600) {
        let (next, verdict) = rule.record(tally.as_ref(), now);
        match verdict {
            Verdict::Proceed => guesses += 1,
            Verdict::SlowDown { retry_after } => now = now + retry_after,
        }
        tally = Some(next);
    }
    assert_eq!(guesses, 17, "5 free, then 1, 2, 4 … 512 and 900 seconds apart");
}

#[test]
fn waiting_is_told_in_whole_waits_and_blocked_tries_do_not_prolong_it() {
    let tally = Tally { count: 6, window_started_at: at(0), blocked_until: Some(at(20)) };
    for (now, expected) in [
        (at(12), slow(8)),
        (at(19), slow(1)),
        (Timestamp::from_millis(19_999), slow(1)),
        (at(20), Verdict::Proceed),
    ] {
        assert_eq!(RULE.peek(Some(&tally), now), expected, "{now:?}");
    }
    assert_eq!(RULE.record(Some(&tally), at(12)), (tally, slow(8)));
    assert_eq!(RULE.peek(None, at(0)), Verdict::Proceed);
}

#[test]
fn a_window_that_is_over_starts_again_but_never_shortens_a_wait() {
    let fresh =
        |now| (Tally { count: 1, window_started_at: now, blocked_until: None }, Verdict::Proceed);
    let tally = Tally { count: 50, window_started_at: at(0), blocked_until: Some(at(590)) };
    assert_eq!(RULE.record(Some(&tally), at(600)), fresh(at(600)));
    assert!(RULE.is_over(&tally, at(600)));
    assert!(!RULE.is_over(&tally, at(599)));
    let late = Tally { blocked_until: Some(at(640)), ..tally };
    assert!(!RULE.is_over(&late, at(600)));
    assert_eq!(RULE.record(Some(&late), at(600)).1, slow(40));
    assert_eq!(RULE.record(Some(&late), at(640)), fresh(at(640)));
}

#[test]
fn a_clock_that_was_set_back_blocks_nobody_for_long() {
    let tally =
        Tally { count: 50, window_started_at: at(100_000), blocked_until: Some(at(100_060)) };
    assert_eq!(RULE.peek(Some(&tally), at(0)), Verdict::Proceed);
    assert_eq!(RULE.record(Some(&tally), at(0)).0.count, 1);
}

#[test]
fn success_clears_the_subject_but_takes_only_its_own_try_from_the_address() {
    let tally = |count, blocked| Tally { count, window_started_at: at(0), blocked_until: blocked };
    let full = tally(4, Some(at(2)));
    assert_eq!(after_success(Scope::Subject, &full, &RULE), None);
    assert_eq!(after_success(Scope::SubjectAndAddress, &full, &RULE), None);
    assert_eq!(after_success(Scope::Address, &full, &RULE), Some(tally(3, Some(at(2)))));
    assert_eq!(after_success(Scope::Address, &tally(3, Some(at(2))), &RULE), Some(tally(2, None)));
    assert_eq!(after_success(Scope::Address, &tally(1, None), &RULE), None);
}

#[test]
fn addresses_are_grouped_as_subscribers_have_them() {
    for (given, expected) in [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.2", "192.0.2.2"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::1", "::"),
    ] {
        let network = network(given.parse().unwrap());
        assert_eq!(network, expected.parse::<IpAddr>().unwrap(), "{given}");
    }
}

#[test]
fn a_try_counts_under_each_key_and_keys_of_different_tries_differ() {
    let address = Some("192.0.2.1".parse().unwrap());
    let texts = |subject, address| {
        keys(subject, address).into_iter().map(|key| key.text).collect::<Vec<_>>()
    };
    assert_eq!(
        texts(Some(Subject::Account("jane")), address),
        ["address 192.0.2.1", "account 4:jane", "account 4:jane from 192.0.2.1"]
    );
    assert_eq!(texts(None, address), ["address 192.0.2.1"]);
    assert_eq!(texts(Some(Subject::Client("app")), None), ["client 3:app"]);
    assert!(texts(None, None).is_empty());
    // A client may call itself anything, also what looks like another key.
    let forged = texts(Some(Subject::Client("app from 192.0.2.1")), None);
    assert!(!texts(Some(Subject::Client("app")), address).contains(&forged[0]));
    let scopes: Vec<_> =
        keys(Some(Subject::Account("jane")), address).into_iter().map(|key| key.scope).collect();
    assert_eq!(scopes, [Scope::Address, Scope::Subject, Scope::SubjectAndAddress]);
}

#[test]
fn the_longest_wait_of_all_counters_holds() {
    assert_eq!(Verdict::Proceed.and(Verdict::Proceed), Verdict::Proceed);
    assert_eq!(slow(2).and(Verdict::Proceed), slow(2));
    assert_eq!(Verdict::Proceed.and(slow(3)), slow(3));
    assert_eq!(slow(2).and(slow(3)), slow(3));
}

#[test]
fn a_try_that_one_counter_turns_away_counts_under_none() {
    let rules = Rules::default();
    let blocked = Tally { count: 30, window_started_at: at(0), blocked_until: Some(at(30)) };
    let free = Tally { count: 1, window_started_at: at(0), blocked_until: None };
    let tallies = [
        (Scope::Address, Some(free)),
        (Scope::Subject, Some(blocked)),
        (Scope::SubjectAndAddress, None),
    ];
    assert_eq!(record_all(&rules, &tallies, at(10)), (slow(20), vec![]));
    let (verdict, counted) = record_all(&rules, &tallies, at(30));
    assert_eq!(verdict, Verdict::Proceed);
    assert_eq!(counted.iter().map(|tally| tally.count).collect::<Vec<_>>(), [2, 31, 1]);
}
