//! What the index finds, on both engines alike.

mod world;

use std::time::Duration;

use expect_test::expect;
use perme8_events::{
    Origin, Save as _, Transaction as _,
    host::{Operations, Operator, Runtime},
    sql,
    testing::on_both_engines,
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use self::world::{Shown, World, write};
use super::SearchIndex;
use crate::{
    application::searching::SearchDocuments,
    domain::search::{indexed::Indexed, query::SearchQuery},
    testing::{COMPANY, ELSEWHERE, MEMBER, OWNER},
};

async fn rebuild(runtime: &Runtime) {
    let operator = Operator::new("ada", Origin::system("tests")).expect("it is a name");
    Operations::of(runtime, &[]).rebuild(&operator, SearchIndex::NAME).await.unwrap();
}

on_both_engines! {
    migrations: [&sql::MIGRATIONS, &crate::MIGRATIONS];

    async fn documents_are_found_by_the_beginnings_of_their_words(test: TestDb) {
        let world = World::new(test);
        let documents = [
            ("The Mill", "It *grinds* `corn`.\n\n- day\n- night"),
            ("Corn Prices", "What the miller of 東京都 pays, e\u{301}cole"),
            ("Notes", "don't foo_bar O'Neill"),
        ];
        for (number, (title, text)) in (1..).zip(documents) {
            world.begin(number, COMPANY, Shown::Shared, title, text).await;
        }
        world.check("mill", &expect![""]).await;
        world.follow([1, 2, 3]).await;
        world.check("mill", &expect!["The Mill*, Corn Prices"]).await;
        world.check("MILL the", &expect!["The Mill*, Corn Prices"]).await;
        world.check("corn grind", &expect!["The Mill"]).await;
        world.check("ill", &expect![""]).await;
        world.check("école", &expect!["Corn Prices"]).await;
        world.check("京都", &expect!["Corn Prices"]).await;
        world.check("都", &expect!["Corn Prices"]).await;
        world.check("don't o'neill", &expect!["Notes"]).await;
        // Whatever means something to an engine means nothing here.
        for words in ["\"foo\"", "foo* OR mill:", "foo' & !bar", "title_words:foo", "foo NEAR bar", "foo\\:*"] {
            world.found_by(MEMBER, words).await;
        }
        world.check("not(\"foo_b\")", &expect!["Notes"]).await;
    }

    async fn what_changes_is_found_as_it_is_then(test: TestDb) {
        let world = World::new(test);
        world.begin(1, COMPANY, Shown::Shared, "Mill", "corn").await;
        world.follow([1]).await;
        world.change(1, async |tx, document| write(tx, &document, "flour").await).await;
        world.follow([1, 1]).await;
        world.check("corn", &expect![""]).await;
        world.check("flour", &expect!["Mill"]).await;
        assert_eq!(world.entries().await, 1);
        world.change(1, async |tx, document| drop(tx.save(document.purge()).await.unwrap())).await;
        assert_eq!(world.entries().await, 0, "an entry goes with its document");
        world.follow([1]).await;
        assert_eq!(world.entries().await, 0);
    }

    async fn nobody_finds_what_they_may_not_see(test: TestDb) {
        let world = World::new(test);
        world.begin(1, COMPANY, Shown::Hidden, "Diary", "secret").await;
        world.begin(2, ELSEWHERE, Shown::Shared, "Elsewhere", "secret").await;
        world.follow([1, 2]).await;
        let found = async || (world.found_by(MEMBER, "secret").await.len(), world.found_by(OWNER, "secret").await.len());
        assert_eq!(found().await, (1, 0));
        // What was written while nobody else saw it is found by nobody else, until the index has read what is left of it.
        world.change(1, async |tx, document| write(tx, &document, "public").await).await;
        world.show(1, Shown::Shared).await;
        assert_eq!(found().await, (1, 0));
        world.follow([1]).await;
        assert_eq!(world.found_by(OWNER, "public").await, ["Diary"]);
        let found = async || (world.found_by(MEMBER, "public").await.len(), world.found_by(OWNER, "public").await.len());
        world.show(1, Shown::Hidden).await;
        assert_eq!(found().await, (1, 0));
        world.follow([1]).await;
        assert_eq!(found().await, (1, 0));
        world.show(1, Shown::Shared).await;
        world.follow([1]).await;
        assert_eq!(found().await, (1, 1));
    }

    async fn nobody_finds_what_was_removed_while_it_was_hidden(test: TestDb) {
        let world = World::new(test);
        let runtime = Runtime::builder(&world.test.db).projection(SearchIndex).build();
        let mut driver = runtime.driver(Some(world.test.clock.clone())).await;
        world.begin(1, COMPANY, Shown::Shared, "Notice", "password").await;
        driver.run_until_idle().await;
        assert_eq!(world.found_by(OWNER, "password").await, ["Notice"]);
        rebuild(&runtime).await;
        driver.run_until_idle().await;
        assert_eq!(world.found_by(OWNER, "password").await, ["Notice"], "a rebuild has read it as it is shared");
        // Somebody who has shown too much takes it back, while the index is behind.
        world.show(1, Shown::Hidden).await;
        world.change(1, async |tx, document| write(tx, &document, "harmless").await).await;
        world.show(1, Shown::Shared).await;
        let found = async |words: &str| (world.found_by(MEMBER, words).await.len(), world.found_by(OWNER, words).await.len());
        assert_eq!(found("password").await, (1, 0));
        assert_eq!(found("notice").await, (1, 0));
        driver.run_until_idle().await;
        assert_eq!(found("password").await, (0, 0));
        assert_eq!(found("harmless").await, (1, 1));
    }

    async fn an_heir_does_not_find_what_was_private(test: TestDb) {
        let world = World::new(test);
        world.begin(1, COMPANY, Shown::Hidden, "Diary", "secret").await;
        world.follow([1]).await;
        world.change(1, async |tx, document| write(tx, &document, "harmless").await).await;
        world.show(1, Shown::Shared).await;
        assert_eq!(world.found_by(MEMBER, "secret").await, ["Diary"], "the index is behind");
        world.change(1, async |tx, document| {
            tx.save(document.hand_over(OWNER).expect("it has another owner")).await.unwrap();
        })
        .await;
        assert_eq!(world.found_by(OWNER, "secret").await, [""; 0]);
        world.follow([1]).await;
        assert_eq!(world.found_by(OWNER, "harmless").await, ["Diary"]);
    }

    async fn words_are_written_when_they_change(test: TestDb) {
        let world = World::new(test);
        world.begin(1, COMPANY, Shown::Shared, "Mill", "corn").await;
        world.follow([1]).await;
        let before = world.writes_of_words().await;
        for shown in [Shown::Hidden, Shown::Shared] {
            world.show(1, shown).await;
            world.follow([1]).await;
        }
        assert_eq!(world.found_by(OWNER, "corn").await, ["Mill"], "the index has read it as it is shared");
        assert_eq!(world.writes_of_words().await, before);
        world.change(1, async |tx, document| write(tx, &document, "flour").await).await;
        world.follow([1]).await;
        assert_ne!(world.writes_of_words().await, before);
        world.check_words().await;
    }

    async fn nobody_finds_what_is_in_the_trash(test: TestDb) {
        let world = World::new(test);
        world.begin(1, COMPANY, Shown::Shared, "Mill", "corn").await;
        world.follow([1]).await;
        let found = async || (world.found_by(MEMBER, "corn").await.len(), world.found_by(OWNER, "corn").await.len());
        assert_eq!(found().await, (1, 1));
        world.change(1, async |tx, document| {
            tx.save(document.trash(tx.now()).expect("it is in use")).await.unwrap();
        })
        .await;
        assert_eq!(found().await, (0, 0));
        // Whatever the index reads of it.
        world.follow([1]).await;
        assert_eq!(found().await, (0, 0));
        world.change(1, async |tx, document| {
            tx.save(document.restore(tx.now()).expect("it is in the trash")).await.unwrap();
        })
        .await;
        assert_eq!(found().await, (1, 1));
    }

    async fn every_word_is_found_by_each_of_its_beginnings(test: TestDb) {
        let world = World::new(test);
        let (title, text) = (
            "GRÖSSE Straße \u{130}stanbul",
            "E\u{301}cole co\u{ad}operate 2nd iPhone15 \u{1f642} Ἀθῆναι Москва עברית हिन्दी 한국어 東京都 ที่นี่ ﬁne x",
        );
        world.begin(1, COMPANY, Shown::Shared, title, text).await;
        world.follow([1]).await;
        let stored = world.text_of(1).await;
        let indexed = Indexed::of(COMPANY, title, &stored);
        let shelf = SearchQuery::parse("x").expect("it is a word").on_shelf_of(COMPANY).len() - 1;
        let words: Vec<&str> = indexed.words.split(' ').map(|word| &word[shelf..]).collect();
        assert!(words.len() > 18, "{words:?}");
        for word in words {
            let beginnings = word.char_indices().map(|(at, c)| &word[..at + c.len_utf8()]);
            for beginning in beginnings {
                assert_eq!(world.found_by(OWNER, beginning).await.len(), 1, "{beginning:?} of {word:?}");
                assert_eq!(world.found_by(OWNER, &beginning.to_uppercase()).await.len(), 1, "{beginning:?} of {word:?}");
            }
        }
    }

    async fn what_was_found_comes_in_pages(test: TestDb) {
        let world = World::new(test);
        for number in 1..=5 {
            let title = if number % 2 == 0 { format!("Mill {number}") } else { format!("Note {number}") };
            world.begin(number, COMPANY, Shown::Shared, &title, "mill").await;
            world.test.clock.advance(Duration::from_secs(1));
        }
        world.follow(1..=5).await;
        let (mut after, mut pages) = (None, Vec::new());
        loop {
            let asked = SearchDocuments { words: "mill".to_owned(), limit: 2, after };
            let (page, next) = world.page((OWNER, COMPANY), &asked).await;
            pages.push(page.join(", "));
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(pages, ["Mill 4*, Mill 2*", "Note 5, Note 3", "Note 1"]);
    }

    async fn nothing_that_can_be_written_is_too_much(test: TestDb) {
        let world = World::new(test);
        let letters: String = ('\u{4e00}'..'\u{9fa0}').cycle().take(300_000).collect();
        let numbers: Vec<String> = (100_000..220_000).map(|n| n.to_string()).collect();
        let texts = [letters, numbers.join(" "), "x".repeat(1_000_000), "\u{1f642}\u{ad}\u{200d}\\' \" \u{fffd}".to_owned()];
        for (number, text) in (1..).zip(&texts) {
            world.begin(number, COMPANY, Shown::Shared, "Long", text).await;
            world.follow([number]).await;
        }
        assert_eq!(world.found_by(MEMBER, "long").await.len(), texts.len());
        world.check(&"x".repeat(200), &expect!["Long"]).await;
        world.check("100007", &expect!["Long"]).await;
        world.check("丂七", &expect!["Long"]).await;
        // Nothing of it is a word.
        world.begin(9, COMPANY, Shown::Shared, "\u{1f642}", "--").await;
        world.follow([9]).await;
    }

    async fn every_engine_finds_what_the_words_say(test: TestDb) {
        let world = World::new(test);
        let mut chance = StdRng::seed_from_u64(20_260_105);
        let alphabet: Vec<char> = "aabbcß東京 é-'\"*".chars().collect();
        let mut text = |longest: usize| -> String {
            let length = chance.random_range(1..=longest);
            (0..length).map(|_| alphabet[chance.random_range(0..alphabet.len())]).collect()
        };
        let mut indexed = Vec::new();
        for number in 1..=60 {
            let (title, said) = (format!("{number} {}", text(6)), text(24));
            world.begin(number, COMPANY, Shown::Shared, &title, &format!("`{}`", said.replace('`', " "))).await;
            world.follow([number]).await;
            let stored = world.text_of(number).await;
            indexed.push((title.trim().to_owned(), Indexed::of(COMPANY, &title, &stored)));
        }
        let mut hits = 0;
        for _ in 0..150 {
            let words = text(5);
            let Ok(query) = SearchQuery::parse(&words) else { continue };
            let asked = query.on_shelf_of(COMPANY);
            let has = |words: &str| {
                asked.split(' ').all(|asked| words.split(' ').any(|word| word.starts_with(asked)))
            };
            let mut expected: Vec<String> = indexed
                .iter()
                .filter(|(_, entry)| has(&entry.words))
                .map(|(title, entry)| format!("{title}{}", if has(&entry.title_words) { "*" } else { "" }))
                .collect();
            let mut found = world.found_by(OWNER, &words).await;
            expected.sort();
            found.sort();
            assert_eq!(found, expected, "{words:?}");
            hits += found.len();
        }
        assert!(hits > 100, "too few queries found anything: {hits}");
    }

    async fn a_rebuild_finds_what_there_is_now(test: TestDb) {
        let world = World::new(test);
        let runtime = Runtime::builder(&world.test.db).projection(SearchIndex).build();
        let mut driver = runtime.driver(Some(world.test.clock.clone())).await;
        for number in 1..=3 {
            world.begin(number, COMPANY, Shown::Shared, "Mill", "corn").await;
        }
        driver.run_until_idle().await;
        world.change(1, async |tx, document| write(tx, &document, "flour").await).await;
        world.change(2, async |tx, document| drop(tx.save(document.purge()).await.unwrap())).await;
        world.check("flour", &expect![""]).await;
        rebuild(&runtime).await;
        driver.run_until_idle().await;
        world.check("flour", &expect!["Mill"]).await;
        world.check("mill", &expect!["Mill*, Mill*"]).await;
        assert_eq!(world.entries().await, 4, "two generations of two");
        world.test.clock.advance(Duration::from_mins(2));
        driver.run_until_idle().await;
        assert_eq!(world.entries().await, 2);
        world.check("mill", &expect!["Mill*, Mill*"]).await;
        world.check_words().await;
    }
}
