//! The memory that plans share: what can spill leaves room for what cannot.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// One part in so many of the memory is kept for what cannot spill.
const KEPT: usize = 4;

/// A bound of memory for all plans that have it. Whoever can spill gets an equal share of three quarters and goes
/// on disk beyond it. The last quarter stays for whoever cannot: a sort that has spilled must still be able
/// to merge, however much others sort at the same time.
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
        let free = size.saturating_sub(self.spillable + self.firm);
        if !reservation.consumer().can_spill() {
            return free;
        }
        let shared = size - self.firm.clamp(size / KEPT, size);
        let share = shared / self.spillers.max(1);
        share.saturating_sub(reservation.size()).min(free)
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
    fn shares_are_equal_and_no_more_is_given_than_there_is() {
        let pool: Arc<dyn MemoryPool> = Arc::new(Pool::new(400));
        let spiller = |name: &str| MemoryConsumer::new(name).with_can_spill(true).register(&pool);
        let first = spiller("first");
        first.try_grow(300).expect("alone");
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(90).expect("room");
        let second = spiller("second");
        assert!(
            second.try_grow(11).is_err(),
            "its share is larger than what is free"
        );
        second.try_grow(10).expect("what is free");
        first.shrink(200);
        second.try_grow(140).expect("half of three quarters");
        assert!(second.try_grow(1).is_err());
        drop(first);
        second.try_grow(1).expect("the share of one who is gone");
        // What cannot spill takes from what can, once it has more than a quarter.
        merge.try_grow(159).expect("all that is free");
        assert!(second.try_grow(1).is_err());
    }
}
