//! Passwords that never stand on a command line.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use identity::Secret;
use rand::{TryRng as _, rngs::SysRng};

use crate::cli::Failure;

/// Letters and digits that nobody mistakes for another; as many as a byte has values evenly over.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 5 bits each: 100 bits.
const LENGTH: usize = 20;
/// Nobody types more than that.
const MAX_BYTES: u64 = 4096;

/// A random password.
pub(crate) fn generated() -> Result<Secret, Failure> {
    let mut bytes = [0_u8; LENGTH];
    SysRng.try_fill_bytes(&mut bytes)?;
    let letters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    Ok(Secret::new(letters.collect::<String>()))
}

/// The first line of standard input.
pub(crate) fn from_stdin() -> Result<Secret, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(Failure::usage(
            "--password-stdin reads a pipe, and a terminal would show what is typed",
        )
        .help("printf %s \"$PASSWORD\" | perme8 users create … --password-stdin"));
    }
    let mut line = String::new();
    stdin.lock().take(MAX_BYTES).read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::usage("standard input holds no password"));
    }
    Ok(Secret::new(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let (one, two) = (generated().unwrap(), generated().unwrap());
        assert_ne!(one.expose(), two.expose());
        for password in [one, two] {
            assert_eq!(password.expose().len(), LENGTH);
            assert!(password.expose().bytes().all(|byte| ALPHABET.contains(&byte)));
        }
    }
}
