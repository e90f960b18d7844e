//! What plans may use: memory that all questions of the process share, and a folder for what does not fit.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use vivant_calc::Diagnostic;

use crate::expr::internal;
use crate::pool::Pool;

/// What plans may hold in memory, all questions of the process together. Sorting and grouping go on disk
/// beyond it.
const MEMORY: usize = 512 << 20;
/// Bytes on disk that the plans of one workbook may spill at a time.
const MOST_SPILLED: u64 = 100 << 30;
/// Into how many parts work is cut at most: each holds memory of its own.
pub(crate) const MOST_PARTITIONS: usize = 8;
/// Bytes that a sort sets aside for its merge before it reads: little, since the pool keeps room for merges.
pub(crate) const MERGE: usize = 1 << 20;

/// What the plans of a workbook use. Copies are of one thing.
#[derive(Debug, Clone)]
pub struct Resources {
    pub(crate) env: Arc<RuntimeEnv>,
    memory: usize,
}

impl Resources {
    /// Lets plans spill to a folder, with the memory that all of the process share.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn spilling_to(folder: &Path) -> Result<Resources, Box<Diagnostic>> {
        Resources::of(bounded(shared()).with_temp_file_path(folder), MEMORY)
    }

    /// Gives plans so many bytes of memory of their own, and a folder to spill to.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn of_their_own(memory: usize, folder: &Path) -> Result<Resources, Box<Diagnostic>> {
        let pool = Arc::new(Pool::new(memory));
        Resources::of(bounded(pool).with_temp_file_path(folder), memory)
    }

    fn of(made: RuntimeEnvBuilder, memory: usize) -> Result<Resources, Box<Diagnostic>> {
        let env = made.build_arc().map_err(internal)?;
        Ok(Resources { env, memory })
    }

    /// Says why a plan was not run to its end: that memory or disk did not suffice is no fault of the engine.
    pub(crate) fn failure(&self, error: &DataFusionError) -> Box<Diagnostic> {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Box::new(
                Diagnostic::error(
                    "query.too-large",
                    format!(
                        "the view cannot be computed within {} MB of memory and {} GB on disk",
                        self.memory >> 20,
                        MOST_SPILLED >> 30
                    ),
                )
                .hint("filter it, or ask for it at a higher level or when fewer ask"),
            ),
            _ => internal(error),
        }
    }
}

impl Default for Resources {
    /// Lets plans spill to the system's folder for temporary files.
    fn default() -> Resources {
        static ENV: OnceLock<Arc<RuntimeEnv>> = OnceLock::new();
        // Without a folder for temporary files there is no spilling; the bound of memory stays.
        let env = ENV.get_or_init(|| {
            let kept = || {
                let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
                RuntimeEnvBuilder::new()
                    .with_memory_pool(shared())
                    .with_disk_manager_builder(disk)
                    .build_arc()
            };
            bounded(shared())
                .build_arc()
                .or_else(|_| kept())
                .expect("an environment without files can be made")
        });
        Resources {
            env: Arc::clone(env),
            memory: MEMORY,
        }
    }
}

fn shared() -> Arc<dyn MemoryPool> {
    static POOL: OnceLock<Arc<Pool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| Arc::new(Pool::new(MEMORY)));
    Arc::clone(pool) as Arc<dyn MemoryPool>
}

fn bounded(pool: Arc<dyn MemoryPool>) -> RuntimeEnvBuilder {
    RuntimeEnvBuilder::new()
        .with_memory_pool(pool)
        .with_max_temp_directory_size(MOST_SPILLED)
}
