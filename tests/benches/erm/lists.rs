//! Pages of a long list, beside a look at the properties of everything in it.

use erm::{ByHand, Filter, ListEntities, ListPlace, Scan};

use crate::{
    Args,
    figures::{Row, Took},
    house::{People, city},
};

/// So many are on a page.
const PAGE: u16 = 100;

/// A question.
struct Question {
    what: &'static str,
    filters: fn(usize) -> Vec<(&'static str, String)>,
    sort: Option<&'static str>,
}

/// What is asked; each time another number makes it another question.
const QUESTIONS: [Question; 6] = [
    Question { what: "the newest", filters: |_| Vec::new(), sort: None },
    Question { what: "by a property", filters: |_| Vec::new(), sort: Some("name") },
    Question {
        what: "one narrow condition",
        filters: |number| vec![("filter[city]", city(number))],
        sort: None,
    },
    Question { what: "two wide conditions", filters: wide, sort: None },
    Question { what: "two wide conditions, by a property", filters: wide, sort: Some("name") },
    Question {
        what: "a wide and a narrow condition, by a property",
        filters: |number| [wide(number), vec![("filter[city]", city(number))]].concat(),
        sort: Some("name"),
    },
];

/// Some four fifths are so old, and half are active.
fn wide(number: usize) -> Vec<(&'static str, String)> {
    vec![("filter[age][gte]", age(number).to_string()), ("filter[active]", "true".to_owned())]
}

fn age(number: usize) -> usize {
    20 + number % 5
}

/// Asks for pages of the people there.
pub(crate) async fn measure(people: &People<'_>, args: &Args) -> anyhow::Result<Vec<Row>> {
    let People { house, workspace } = people;
    let by_hand = ByHand::new(house.db(), *workspace);
    let mut rows = Vec::new();
    for Question { what, filters, sort } in QUESTIONS {
        let mut total = 0;
        let ours = Took::of(0..args.times, async |number| {
            let filters = filters(number);
            let read = filters.iter().filter_map(|(name, value)| Filter::of_parameter(name, value));
            let asked = ListEntities {
                entity_type: Some("Person".to_owned()),
                filters: read.collect(),
                sort: sort.map(str::to_owned),
                include_deleted: false,
                limit: PAGE,
                place: ListPlace::default(),
            };
            let page = house.erm.entities(&house.origin(), &(*workspace).into(), asked).await?;
            total = page.total;
            Ok(true)
        });
        let ours = ours.await?;
        let theirs = Took::within(args.seconds, 0..args.times, async |number| {
            let filters = filters(number);
            let asks = |of: &str| filters.iter().any(|(name, _)| *name == of);
            let city = if asks("filter[city]") { city(number) } else { String::new() };
            let is_wide = asks("filter[active]");
            let least_age = if is_wide { i64::try_from(age(number))? } else { 0 };
            let asked =
                Scan { least_age, city: &city, is_active: is_wide, by_name: sort.is_some() };
            by_hand.scan(asked, PAGE).await?;
            Ok(true)
        });
        let theirs = theirs.await?;
        let what = format!("{what}: some {total}");
        rows.push(Row::new(house.engine(), what, ours, Some(theirs)));
    }
    Ok(rows)
}
