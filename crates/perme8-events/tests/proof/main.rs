//! The proofs of what the core promises, rung by rung, each with a control that must fail.
//!
//! Short forms run with every test and by `cargo xtask prove`, which runs the long ones when it is told `--long`.

#[cfg(test)]
mod checks;
#[cfg(test)]
mod clusters;
#[cfg(test)]
mod consumers;
#[cfg(test)]
mod form;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod player;
#[cfg(test)]
mod r11_restore;
#[cfg(test)]
mod r12_histories;
#[cfg(test)]
mod r12_writers;
#[cfg(test)]
mod r13_parallel;
#[cfg(test)]
mod r14_bounded;
#[cfg(test)]
mod r16_test_kit;
#[cfg(test)]
mod r1_lossless;
#[cfg(test)]
mod r1_watermark;
#[cfg(test)]
mod r2_ordered;
#[cfg(test)]
mod r3_atomic;
#[cfg(test)]
mod r4_isolated;
#[cfg(test)]
mod r5_producers;
#[cfg(test)]
mod r6_dead_letters;
#[cfg(test)]
mod r7_retries;
#[cfg(test)]
mod trouble;
#[cfg(test)]
mod world;
#[cfg(test)]
mod writers;
