//! A schema and the batches that follow: what every connector gives.

use std::fmt;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::error::{DataError, Result};

/// How many batches may wait between a reader's thread and whoever takes them.
const WAITING: usize = 2;

/// A stream of batches that all have one schema. Dropping it stops the reading.
pub struct Batches {
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = Result<RecordBatch>> + Send>,
}

impl Batches {
    /// Takes an iterator of batches.
    pub fn new(
        schema: SchemaRef,
        batches: impl Iterator<Item = Result<RecordBatch>> + Send + 'static,
    ) -> Self {
        Self {
            schema,
            batches: Box::new(batches),
        }
    }

    /// Lets a thread of its own read; few batches wait at a time.
    ///
    /// `read` gets the sink and returns when everything is read or nobody takes batches any more.
    pub fn from_thread(
        schema: SchemaRef,
        read: impl FnOnce(&BatchSink) -> Result<()> + Send + 'static,
    ) -> Result<Self> {
        let (sender, receiver) = sync_channel(WAITING);
        let sink = BatchSink { sender };
        thread::Builder::new()
            .name("data".to_owned())
            .spawn(move || match read(&sink) {
                Ok(()) | Err(DataError::Cancelled) => {}
                // Nobody listens any more: nobody wants the error.
                Err(error) => drop(sink.sender.send(Err(error))),
            })
            .map_err(|error| DataError::io("a thread for reading", error))?;
        Ok(Self::new(schema, receiver.into_iter()))
    }

    /// Returns the schema of all batches.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.next()
    }
}

impl fmt::Debug for Batches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

/// Where a reader's thread puts its batches.
pub struct BatchSink {
    sender: SyncSender<Result<RecordBatch>>,
}

impl BatchSink {
    /// Hands a batch over, waiting while enough are not taken yet; [`DataError::Cancelled`] when nobody takes
    /// them any more.
    pub fn send(&self, batch: RecordBatch) -> Result<()> {
        self.sender.send(Ok(batch)).map_err(|_| DataError::Cancelled)
    }
}
