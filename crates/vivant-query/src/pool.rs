//! The memory that plans share: what can spill leaves room for what cannot.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// One part in so many of the memory is kept for what cannot spill.
const KEPT: usize = 4;

/// Bytes that each who can spill finds at least, where there is so much for each.
const LEAST: usize = 32 << 20;

/// A bound of memory for all plans that have it. Whoever can spill has an equal share of three quarters, and more
/// while what the others need at least is free; beyond that it goes on disk. The last quarter stays for whoever
/// cannot: a sort that has spilled must still be able to merge, however much others sort at the same time.
///
/// A plan that begins while others have more than their shares gets its share at once, and they go on disk with the
/// next bytes that they ask for; until then there is more in memory than the pool has.
#[derive(Debug)]
pub(crate) struct Pool {
    size: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many can spill.
    spillers: usize,
    /// Bytes of those that can.
    spillable: usize,
    /// Bytes of those that cannot.
    firm: usize,
}

impl Pool {
    /// Makes a pool of so many bytes.
    pub(crate) fn new(size: usize) -> Pool {
        Pool {
            size,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Bytes that a consumer may take in addition to what it has.
    fn room(&self, size: usize, reservation: &MemoryReservation) -> usize {
        if !reservation.consumer().can_spill() {
            let free = size.saturating_sub(self.spillable + self.firm);
            return free.max((size / KEPT).saturating_sub(self.firm));
        }
        let shared = size - self.firm.clamp(size / KEPT, size);
        let share = shared / self.spillers.max(1);
        let others = self.spillers.saturating_sub(1) * LEAST.min(share / 2);
        let beyond = shared.saturating_sub(self.spillable + others);
        share.saturating_sub(reservation.size()).max(beyond)
    }

    fn bytes(&mut self, reservation: &MemoryReservation) -> &mut usize {
        match reservation.consumer().can_spill() {
            true => &mut self.spillable,
            false => &mut self.firm,
        }
    }
}

impl MemoryPool for Pool {
    fn name(&self) -> &str {
        "vivant"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.state().spillers += usize::from(consumer.can_spill());
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        let mut state = self.state();
        state.spillers = state.spillers.saturating_sub(usize::from(consumer.can_spill()));
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        *self.state().bytes(reservation) += additional;
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        let mut state = self.state();
        let bytes = state.bytes(reservation);
        *bytes = bytes.saturating_sub(shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let mut state = self.state();
        let room = state.room(self.size, reservation);
        if additional > room {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "{} asks for {additional} bytes and may have {room} more of {}",
                reservation.consumer().name(),
                self.size
            )));
        }
        *state.bytes(reservation) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let state = self.state();
        state.spillable + state.firm
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.size)
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {} bytes", self.name(), self.size)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_can_spill_leaves_a_quarter_to_who_cannot() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(400));
        let spiller = |name: &str| MemoryConsumer::new(name).with_can_spill(true).register(&pool);
        let first = spiller("first");
        first.try_grow(300).expect("three quarters");
        assert!(first.try_grow(1).is_err());
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(100).expect("the last quarter");
        assert!(merge.try_grow(1).is_err());
        assert_eq!(pool.reserved(), 400);
    }

    #[test]
    fn who_needs_much_gets_what_others_leave() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(400));
        let all: Vec<_> = (0..10)
            .map(|number| {
                MemoryConsumer::new(format!("{number}"))
                    .with_can_spill(true)
                    .register(&pool)
            })
            .collect();
        // A share is 30; half of that is kept for each of the nine others.
        all[0].try_grow(165).expect("what others leave");
        assert!(all[0].try_grow(1).is_err());
        for one in &all[1..] {
            one.try_grow(15).expect("at least half a share");
        }
        assert!(all[9].try_grow(1).is_ok(), "its share");
    }

    #[test]
    fn who_begins_gets_a_share_and_who_has_more_gets_nothing() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(400));
        let spiller = |name: &str| MemoryConsumer::new(name).with_can_spill(true).register(&pool);
        let first = spiller("first");
        first.try_grow(300).expect("alone");
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(90).expect("room");
        let second = spiller("second");
        second
            .try_grow(150)
            .expect("half of three quarters, whatever the first one has");
        assert!(second.try_grow(1).is_err());
        assert!(first.try_grow(1).is_err(), "it has more than its share");
        drop(first);
        second.try_grow(1).expect("the share of one who is gone");
        // What cannot spill takes from what can, once it has more than a quarter.
        merge.try_grow(159).expect("all that is free");
        assert!(second.try_grow(1).is_err());
    }
}
