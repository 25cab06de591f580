//! Streams of every kind, right and wrong, split anywhere.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What there is to know of an answer.
#[derive(Debug, PartialEq)]
struct Heard {
    text: String,
    outcome: Result<(), Unheard>,
    finish: Option<Finish>,
    usage: Usage,
}

fn heard<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Heard {
    let mut hearing = Hearing::to(7);
    let mut parts = parts.into_iter();
    let outcome = parts.try_for_each(|part| hearing.hear(part)).and_then(|()| hearing.end());
    assert!(hearing.is_over());
    let (finish, usage) = (hearing.finish(), hearing.usage());
    let text = std::iter::from_fn(|| hearing.next_piece()).collect();
    Heard { text, outcome, finish, usage }
}

fn all_at_once(body: &str) -> Heard {
    heard([body.as_bytes()])
}

fn frame(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn piece(text: &str) -> String {
    frame(&json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }))
}

fn finish(reason: &str) -> String {
    frame(&json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
}

/// Anything that may come in a stream, in any order, right or wrong.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => any::<String>().prop_map(|text| piece(&text)),
        1 => Just(": a comment\n\n".to_owned()),
        1 => Just("event: x\r\nid: 7\r\n\r\n".to_owned()),
        1 => Just(frame(&json!({ "choices": [{ "delta": { "role": "assistant" } }] }))),
        1 => (0..99_u64).prop_map(|count| {
            frame(&json!({ "choices": [], "usage": { "prompt_tokens": 5, "completion_tokens": count } }))
        }),
        1 => prop_oneof![Just("stop"), Just("length"), Just("error")].prop_map(finish),
        1 => Just("data: [DONE]\n\n".to_owned()),
        1 => Just("data: {]\n\n".to_owned()),
        1 => Just(frame(&json!({ "error": { "code": "overloaded" } }))),
        1 => Just("data: {\"choices\":\ndata: []}\r\n\r\n".to_owned()),
        1 => Just(piece("the end is missing").trim_end().to_owned()),
    ]
}

proptest! {
    #[test]
    fn an_answer_is_the_same_wherever_its_bytes_are_split(
        parts in proptest::collection::vec(part(), 0..12),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..24),
    ) {
        let body = parts.concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
        cuts.extend([0, body.len()]);
        cuts.sort_unstable();
        let split = heard(cuts.windows(2).map(|ends| &body.as_bytes()[ends[0]..ends[1]]));
        prop_assert_eq!(split, all_at_once(&body));
    }

    #[test]
    fn all_that_is_said_is_heard(texts in proptest::collection::vec(any::<String>(), 0..12)) {
        let body = texts.iter().map(|text| piece(text)).chain([finish("stop")]).collect::<String>();
        let heard = all_at_once(&body);
        prop_assert_eq!(heard.text, texts.concat());
        prop_assert_eq!((heard.outcome, heard.finish), (Ok(()), Some(Finish::Complete)));
    }
}

#[test]
fn what_was_said_before_a_failure_is_kept_and_nothing_is_heard_after_it() {
    let too_long = format!("data: {}\n\n", "x".repeat(1 << 20));
    let error = frame(&json!({ "error": { "message": "of sk-1", "code": "overloaded" } }));
    let broken_off = |word: &str| Err(Unheard::BrokenOff(word.to_owned()));
    for (failure, outcome) in [
        (too_long, Err(Unheard::TooLong(TooLong))),
        ("data: <html>\n\n".to_owned(), Err(Unheard::NoFrame)),
        (error, broken_off("overloaded")),
        (finish("error"), broken_off("error")),
        (String::new(), Err(Unheard::NoEnd)),
    ] {
        let rest = if failure.is_empty() { String::new() } else { piece("no") + &finish("stop") };
        let heard = all_at_once(&[piece("So"), failure, rest].concat());
        assert_eq!((heard.text.as_str(), heard.outcome, heard.finish), ("So", outcome, None));
    }
}

#[test]
fn nothing_is_heard_after_the_end() {
    let heard = all_at_once(&[&piece("So"), "data: [DONE]\n\n", &piece("no")].concat());
    assert_eq!((heard.text.as_str(), heard.outcome), ("So", Ok(())));
    assert_eq!(heard.finish, Some(Finish::Complete));
    let usage = Usage { prompt_tokens: 7, completion_tokens: 1, is_estimated: true };
    assert_eq!(heard.usage, usage);
}

#[test]
fn an_answer_is_whole_for_reasons_that_say_so_and_for_no_others() {
    for (reason, end) in [
        ("stop", Some(Finish::Complete)),
        ("STOP", Some(Finish::Complete)),
        ("tool_calls", Some(Finish::Complete)),
        ("length", Some(Finish::CutShort)),
        ("content_filter", Some(Finish::CutShort)),
        ("model_length", Some(Finish::CutShort)),
        ("insufficient_system_resource", Some(Finish::CutShort)),
        ("", None),
    ] {
        assert_eq!(all_at_once(&[piece("So"), finish(reason)].concat()).finish, end, "{reason}");
    }
    let error = frame(&json!({ "error": { "code": "overloaded" } }));
    assert_eq!(all_at_once(&[piece("So"), finish("stop"), error].concat()).finish, None);
    let garbage = [piece("So"), finish("stop"), "data: {]\n\n".to_owned()].concat();
    assert_eq!(all_at_once(&garbage).finish, Some(Finish::Complete));
}

#[test]
fn tokens_are_those_of_the_provider_once_the_model_has_ended() {
    let count = |tokens: u64| {
        frame(
            &json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": tokens } }),
        )
    };
    let usage = |prompt_tokens, completion_tokens, is_estimated| Usage {
        prompt_tokens,
        completion_tokens,
        is_estimated,
    };
    for (body, expected) in [
        ([piece("So it is."), finish("stop"), count(3)], usage(9, 3, false)),
        ([count(1), piece("So it is."), finish("stop")], usage(9, 1, false)),
        ([piece("So it is."), count(0), piece(" So.")], usage(9, 4, true)),
        ([piece("So it is."), count(50), String::new()], usage(9, 50, true)),
        ([piece("So it is."), finish("stop"), String::new()], usage(7, 3, true)),
    ] {
        assert_eq!(all_at_once(&body.concat()).usage, expected, "{body:?}");
    }
}

#[test]
fn what_providers_add_and_leave_out_does_no_harm() {
    for data in [
        json!({ "id": "x", "object": "chat.completion.chunk", "choices": [], "prompt_filter_results": [{}] }),
        json!({ "choices": null, "usage": null, "error": null }),
        json!({ "choices": [{ "delta": null, "finish_reason": null, "logprobs": null }] }),
        json!({ "choices": [{ "delta": { "content": null, "reasoning_content": "Hm." } }] }),
        json!({ "choices": [], "usage": { "prompt_tokens": null, "total_tokens": 3 } }),
        json!({ "choices": [], "usage": { "prompt_tokens": 3.0, "completion_tokens": -1 } }),
        json!({ "choices": [{ "delta": { "content": [{ "type": "thinking", "text": "Hm." }] } }] }),
        json!({ "choices": [{ "delta": { "content": {} }, "finish_reason": 0 }] }),
    ] {
        let heard = all_at_once(&[piece("So"), frame(&data), piece("."), finish("stop")].concat());
        assert_eq!((heard.text.as_str(), heard.outcome), ("So.", Ok(())), "{data}");
    }
}

#[test]
fn text_may_come_in_parts_and_characters_in_halves() {
    let parts = json!([{ "type": "text", "text": "So" }, { "type": "thinking", "thinking": [] }, { "text": "." }]);
    let in_parts = frame(&json!({ "choices": [{ "delta": { "content": parts } }] }));
    let half = r#"data: {"choices":[{"delta":{"content":" \ud83e"}}]}"#.to_owned() + "\n\n";
    let heard = all_at_once(&[in_parts, half, finish("stop")].concat());
    assert_eq!((heard.text.as_str(), heard.outcome), ("So. \u{fffd}", Ok(())));
}
