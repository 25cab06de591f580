//! The trail against the log, the rights of its readers, its pages and its filters.

use std::collections::BTreeSet;

use api::{AuditFilter, AuditReader, AuditTrail as _, AuditTrailError};
use expect_test::expect;
use identity::Role;
use perme8_events::{EventFilter, EventStore as _, Origin, host::Operator, on_both_engines, sql};

use super::*;
use crate::catalogue::MIGRATIONS;

mod filters;
mod office;
mod pages;

use office::{Office, line};

on_both_engines! {
    migrations: MIGRATIONS;

    async fn every_event_has_one_entry_that_says_the_same(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        assert_eq!(office.all().await.len(), office.log().await.len());
        office.trail_is_the_log().await;
    }

    async fn what_is_delivered_again_changes_nothing(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        let before = office.all().await;
        let log = office.log().await;
        // All of it, out of order, and a transaction that does not come to its end.
        for event in log.iter().rev() {
            office.redeliver(std::slice::from_ref(event)).await;
        }
        office.torn(&log[..log.len() / 2]).await;
        office.redeliver(&log).await;
        assert_eq!(office.all().await, before);
    }

    async fn the_trail_grows_like_the_log_whatever_comes_between(test: TestDb) {
        let office = Office::open(test).await;
        for round in 0..6 {
            for number in 0..7 {
                office.happens(round * 7 + number).await;
            }
            let log = office.log().await;
            match round % 3 {
                // Some are handled ahead of their turn, as after a rewind under way; some of it is lost in a crash.
                0 => office.redeliver(&log[log.len() - 3..]).await,
                1 => office.torn(&log[log.len() - 5..]).await,
                _ => office.settle().await,
            }
        }
        office.settle().await;
        office.trail_is_the_log().await;
    }

    async fn whoever_reads_sees_what_they_may_see_now(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        let people = ["ada", "dan", "carol", "ben", "bob", "zoe", "eve"];
        let mut seen = Vec::new();
        for person in people {
            seen.push(match office.seen_by(person, "acme").await {
                Ok(entries) => {
                    office.rights_are_kept(person, &entries).await;
                    entries
                }
                Err(AuditTrailError::NotFound) => Vec::new(),
                Err(AuditTrailError::Storage(error)) => panic!("{error}"),
            });
        }
        // Who sees an entry (s), and who sees besides from where the request came (A). Reactions have no order among them.
        let (mut acts, mut reactions) = (Vec::new(), BTreeSet::new());
        for entry in office.all().await.iter().rev() {
            let sees = seen.iter().map(|entries| {
                match entries.iter().find(|seen| seen.position == entry.position) {
                    Some(seen) if seen.address.is_some() => 'A',
                    Some(_) => 's',
                    None => '-',
                }
            });
            let shown = format!("{} {}", sees.collect::<String>(), line(entry));
            if entry.actor.kind == "system" {
                reactions.insert(shown);
            } else {
                acts.push(shown);
            }
        }
        let shown = format!("{people:?}\n{}\n", acts.into_iter().chain(reactions).collect::<Vec<_>>().join("\n"));
        expect![[r#"
            ["ada", "dan", "carol", "ben", "bob", "zoe", "eve"]
            ------- user registered by anonymous
            ------- user confirmed by ada Example
            ------- user registered by anonymous
            ------- user confirmed by ben Example
            ------- user registered by anonymous
            ------- user confirmed by bob Example
            ------- user registered by anonymous
            ------- user confirmed by carol Example
            ------- user registered by anonymous
            ------- user confirmed by dan Example
            ------- user registered by anonymous
            ------- user confirmed by eve Example
            ------- user registered by anonymous
            ------- user confirmed by yan Example
            ------- user registered by anonymous
            ------- user confirmed by zoe Example
            AAss--- workspace created: name acme, slug acme by ada Example
            ------- workspace created: name evil, slug evil by eve Example
            AA----- invitation created: role admin, workspace name acme by ada Example
            AA----- member invited: role admin, workspace name acme by ada Example
            AA----- invitation created: role member, workspace name acme by ada Example
            AAs---- member invited: role member, workspace name acme by ada Example
            AA----- invitation created: role guest, workspace name acme by ada Example
            AA-s--- member invited: role guest, workspace name acme by ada Example
            AA----- invitation created: role member, workspace name acme by ada Example
            AA----- member invited: role member, workspace name acme by ada Example
            AA----- invitation created: role member, workspace name acme by ada Example
            AA----- member invited: role member, workspace name acme by ada Example
            AA----- invitation created: role member, workspace name acme by ada Example
            AA----- member invited: role member, workspace name acme by ada Example
            AAss--- member joined: role admin by dan Example
            AAAs--- member joined: role member by carol Example
            AAsA--- member joined: role guest by ben Example
            AAss--- member joined: role member by bob Example
            AA----- invitation declined by yan Example
            AAss--- member removed by ada Example
            ------- user logged in: method password by carol Example
            ------- notification action taken: action accepted by notifications.on_invitation for bob Example
            ------- notification action taken: action declined by notifications.on_invitation for yan Example
            ------- notification created: notification type workspace_invitation by notifications.on_invitation for ada Example
            ---A--- notification action taken: action accepted by notifications.on_invitation for ben Example
            ---s--- notification created: notification type workspace_invitation by notifications.on_invitation for ada Example
            --A---- notification action taken: action accepted by notifications.on_invitation for carol Example
            --s---- notification created: notification type workspace_invitation by notifications.on_invitation for ada Example
            -A----- notification action taken: action accepted by notifications.on_invitation for dan Example
            -A----- notification created: notification type workspace_invitation by notifications.on_invitation for ada Example
        "#]].assert_eq(&shown);
    }

    async fn rights_follow_the_person_and_end_with_the_membership(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        let types = async |person: &str| {
            let seen = office.seen_by(person, "acme").await.unwrap();
            seen.into_iter().map(|entry| entry.event_type).collect::<BTreeSet<_>>()
        };
        assert!(!types("carol").await.contains("identity.invitation_created"));
        office.set_role("carol", Role::Admin).await;
        assert!(types("carol").await.contains("identity.invitation_created"));
        office.set_role("carol", Role::Guest).await;
        assert!(!types("carol").await.contains("identity.invitation_created"));
        office.remove("carol").await;
        let refused = office.seen_by("carol", "acme").await.unwrap_err();
        assert!(matches!(refused, AuditTrailError::NotFound));
    }

    async fn tenants_do_not_see_each_other(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        let of_acme = office.seen_by("ada", "acme").await.unwrap();
        let of_evil = office.seen_by("eve", "evil").await.unwrap();
        let (acme, evil) = (office.workspace("acme"), office.workspace("evil"));
        assert!(of_acme.iter().all(|entry| entry.workspace_id == Some(acme)));
        assert!(of_evil.iter().all(|entry| entry.workspace_id == Some(evil)));
        assert!(!of_evil.is_empty());
        // Naming what belongs to others does not help.
        for entry in &of_acme {
            for filter in [filters::of_correlation(entry), filters::of_aggregate(entry)] {
                let seen = office.page("eve", "evil", &filter, None, 100).await.unwrap();
                assert!(seen.entries.is_empty(), "{filter:?}");
            }
        }
    }

    async fn the_old_end_is_cut_off(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        let all = office.all().await;
        let middle = all[all.len() / 2].occurred_at;
        let kept: Vec<_> = all.iter().filter(|entry| entry.occurred_at >= middle).collect();
        let mut told = Vec::new();
        let operator = Operator::new("ada", Origin::system("tests")).unwrap();
        let Purged { entries } =
            purge(&office.test.db, &operator, middle, |gone| told.push(gone)).await.unwrap();
        assert_eq!(entries, (all.len() - kept.len()) as u64);
        assert_eq!(told, [entries]);
        assert!(office.all().await.iter().eq(kept));
        let again = purge(&office.test.db, &operator, middle, |_| ()).await.unwrap();
        assert_eq!(again.entries, 0);
        // Who did it stays, once.
        office.settle().await;
        let newest = &office.all().await[0];
        expect!["operator acted: action purge, detail before 2026-01-05T09:05:00+00:00, operator ada, subject perme8.audit_log, subject kind handler by tests"].assert_eq(&line(newest));
        // It does not come back, whatever is delivered again, and neither does it with a rebuild.
        let before = office.all().await;
        office.redeliver(&office.log().await).await;
        assert_eq!(office.all().await, before);
        office.rebuild().await;
        assert_eq!(office.all().await[1..], before);
    }

    async fn a_trail_that_is_built_anew_is_the_same(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        let before = office.all().await;
        office.rebuild().await;
        office.trail_is_the_log().await;
        // But for the act of the operator.
        assert_eq!(office.all().await[1..], before);
        for table in [
            sql!("SELECT DISTINCT generation FROM perme8_audit_entries"),
            sql!("SELECT DISTINCT generation FROM perme8_audit_shelves"),
        ] {
            let generations: Vec<(i64,)> = office.test.db.query(table).all().await.unwrap();
            assert_eq!(generations, [(2,)]);
        }
    }
}

#[test]
fn a_trail_is_filled_workspace_by_workspace_and_in_order() {
    let log = AuditLog::new();
    assert_eq!(log.options().partitions, 1);
    assert_eq!(log.name(), "perme8.audit_log");
}
