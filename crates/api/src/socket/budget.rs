//! How much a client may say.

use std::time::Duration;

use tokio::time::Instant;

/// So many messages at once, and one more in each of these times afterwards.
const BURST: u32 = 100;
const EACH: Duration = Duration::from_millis(20);

/// Lets through a burst, and then a steady rate.
#[derive(Debug)]
pub(crate) struct Budget {
    /// When the budget is or was whole again.
    whole_at: Instant,
}

impl Budget {
    pub(crate) fn new(now: Instant) -> Self {
        Self { whole_at: now }
    }

    /// Whether there is room for one more message.
    pub(crate) fn spend(&mut self, now: Instant) -> bool {
        let after = self.whole_at.max(now) + EACH;
        let has_room = after <= now + EACH * BURST;
        if has_room {
            self.whole_at = after;
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_only_what_time_allows() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        let spent = |budget: &mut Budget, now| (0..1000).filter(|_| budget.spend(now)).count();
        assert_eq!(spent(&mut budget, start), 100);
        assert_eq!(spent(&mut budget, start + EACH / 2), 0);
        assert_eq!(spent(&mut budget, start + EACH * 3), 3);
        assert_eq!(spent(&mut budget, start + EACH * 1000), 100);
    }
}
