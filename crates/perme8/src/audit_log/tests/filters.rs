//! Every filter, alone and with every other.

use std::time::Duration;

use api::{AuditAggregate, AuditEntry, AuditFilter};
use chrono::TimeDelta;

use super::*;

/// What one request led to.
pub(crate) fn of_correlation(entry: &AuditEntry) -> AuditFilter {
    AuditFilter { correlation: Some(entry.correlation_id), ..AuditFilter::default() }
}

/// What happened to one thing.
pub(crate) fn of_aggregate(entry: &AuditEntry) -> AuditFilter {
    AuditFilter { aggregate: Some(aggregate(entry, true)), ..AuditFilter::default() }
}

fn aggregate(entry: &AuditEntry, with_id: bool) -> AuditAggregate {
    AuditAggregate {
        aggregate_type: entry.aggregate_type.parse().unwrap(),
        aggregate_id: with_id.then(|| entry.aggregate_id.parse().unwrap()),
    }
}

/// Whom an entry is filtered by.
fn actor(entry: &AuditEntry) -> String {
    let user = entry.actor.user_id.map(|user| user.to_string());
    user.or(entry.actor.reference.clone()).unwrap_or_else(|| "anonymous".to_owned())
}

/// The filter that says of this entry what the bits of `which` name.
fn about(entry: &AuditEntry, which: u8) -> AuditFilter {
    let says = |bit: u8| which & (1 << bit) != 0;
    let instant = |later: i64| {
        let at = entry.occurred_at + TimeDelta::seconds(later);
        at.to_rfc3339().parse().unwrap()
    };
    AuditFilter {
        event_type: says(0).then(|| entry.event_type.parse().unwrap()),
        aggregate: (says(1) || says(2)).then(|| aggregate(entry, says(2))),
        actor: says(3).then(|| actor(entry).parse().unwrap()),
        correlation: says(4).then_some(entry.correlation_id),
        from: says(5).then(|| instant(-90)),
        to: says(6).then(|| instant(90)),
    }
}

/// The same in other words.
fn fits(entry: &AuditEntry, filter: &AuditFilter) -> bool {
    let AuditFilter { event_type, aggregate, actor: by, correlation, from, to } = filter;
    let of_aggregate = aggregate.as_ref().is_none_or(|wanted| {
        *wanted.aggregate_type.get() == entry.aggregate_type
            && wanted.aggregate_id.as_ref().is_none_or(|id| *id.get() == entry.aggregate_id)
    });
    of_aggregate
        && event_type.as_ref().is_none_or(|wanted| *wanted.get() == entry.event_type)
        && by.as_ref().is_none_or(|wanted| *wanted.get() == actor(entry))
        && correlation.is_none_or(|wanted| wanted == entry.correlation_id)
        && from.is_none_or(|from| entry.occurred_at >= from.get())
        && to.is_none_or(|to| entry.occurred_at < to.get())
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn filters_leave_what_fits_all_of_them(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        for reader in [office.reader("ada", "acme"), office.reader("carol", "acme"), AuditReader::Operator] {
            let whole = office.list(reader, &AuditFilter::default(), 1000).await.unwrap();
            for entry in whole.iter().step_by(7) {
                for which in 1..=127 {
                    let filter = about(entry, which);
                    let list = office.list(reader, &filter, 5).await.unwrap();
                    assert!(list.contains(entry), "{filter:?}");
                    let expected = whole.iter().filter(|entry| fits(entry, &filter));
                    assert!(list.iter().eq(expected), "{filter:?}");
                }
            }
        }
    }

    async fn times_far_apart_are_told_apart(test: TestDb) {
        let office = Office::open(test).await;
        for number in 0..12 {
            office.test.clock.advance(Duration::from_hours(10));
            office.happens(number).await;
        }
        office.settle().await;
        let whole = office.all().await;
        let at = |place: usize| Some(whole[place].occurred_at.to_rfc3339().parse().unwrap());
        let froms: Vec<usize> = (3..whole.len()).step_by(7).collect();
        let since = froms.iter().map(|from| (Some(*from), None));
        let until = (0..*froms.last().unwrap()).step_by(5).map(|to| (None, Some(to)));
        let between = froms
            .iter()
            .flat_map(|from| (0..*from).step_by(5).map(move |to| (Some(*from), Some(to))));
        for (from, to) in since.chain(until).chain(between) {
            let filter = AuditFilter { from: from.and_then(at), to: to.and_then(at), ..AuditFilter::default() };
            let list = office.list(AuditReader::Operator, &filter, 4).await.unwrap();
            let expected = whole.iter().filter(|entry| fits(entry, &filter));
            assert!(list.iter().eq(expected), "{filter:?}");
        }
    }

    async fn what_nothing_fits_is_empty(test: TestDb) {
        let office = Office::open(test).await;
        office.settle().await;
        let nothing = AuditFilter { event_type: Some("erm.entity_created".parse().unwrap()), ..AuditFilter::default() };
        let page = office.page("ada", "acme", &nothing, None, 100).await.unwrap();
        assert!(page.entries.is_empty() && page.next.is_none());
    }
}
