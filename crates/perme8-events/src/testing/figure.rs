//! What a proof finds, on a line that whoever runs the proofs collects.

/// Says what a proof has found on an engine: `PROOF R6 | SQLite | 990 of 1000 keys at the head`.
///
/// `cargo xtask prove` collects such lines; elsewhere they are seen where a test fails. A text that begins with `version `
/// tells that of the engine.
pub fn figure(rung: &str, engine: &str, text: &str) {
    #[expect(clippy::print_stdout, reason = "the figures of a proof are its output")]
    {
        println!("PROOF {rung} | {engine} | {text}");
    }
}
