//! Pages, also while the trail grows.

use api::AuditPage;

use super::*;

fn places(entries: &[api::AuditEntry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.position.number()).collect()
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn pages_of_any_size_make_the_same_list(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        for person in ["ada", "carol", "ben"] {
            let whole = office.seen_by(person, "acme").await.unwrap();
            for limit in 1..=whole.len() + 1 {
                let limit = u32::try_from(limit).unwrap();
                let reader = office.reader(person, "acme");
                let list = office.list(reader, &AuditFilter::default(), limit).await.unwrap();
                assert_eq!(list, whole, "{person} in pages of {limit}");
            }
        }
    }

    async fn what_is_appended_meanwhile_moves_no_page(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        let whole = office.seen_by("carol", "acme").await.unwrap();
        let (mut list, mut after) = (Vec::new(), None);
        for number in 0.. {
            let filter = AuditFilter::default();
            let AuditPage { entries, next } =
                office.page("carol", "acme", &filter, after, 2).await.unwrap();
            list.extend(entries);
            office.happens(number).await;
            office.settle().await;
            if next.is_none() {
                break;
            }
            after = next;
        }
        assert_eq!(places(&list), places(&whole));
        // Whoever begins anew sees what came, and then the same.
        let anew = office.seen_by("carol", "acme").await.unwrap();
        assert!(anew.len() > whole.len());
        assert_eq!(places(&anew[anew.len() - whole.len()..]), places(&whole));
    }
}
