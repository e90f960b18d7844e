//! A schema and the batches that follow: what every connector gives.

use std::fmt;
use std::sync::Arc;
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

    /// Lets a thread of its own connect and read: the schema is known only after that. Waits for the schema.
    pub(crate) fn opened(open: impl FnOnce(Announcement) -> Result<()> + Send + 'static) -> Result<Self> {
        let (announce, announced) = sync_channel(1);
        let (sender, receiver) = sync_channel(WAITING);
        let announcement = Announcement {
            announce: announce.clone(),
            sink: BatchSink {
                sender: sender.clone(),
            },
        };
        thread::Builder::new()
            .name("data".to_owned())
            .spawn(move || match open(announcement) {
                Ok(()) | Err(DataError::Cancelled) => {}
                // Whoever still listens gets the error: the opener first, later the reader.
                Err(error) => {
                    if let Err(unsent) = announce.try_send(Err(error))
                        && let Err(error) = match unsent {
                            std::sync::mpsc::TrySendError::Full(result)
                            | std::sync::mpsc::TrySendError::Disconnected(result) => result,
                        }
                    {
                        drop(sender.send(Err(error)));
                    }
                }
            })
            .map_err(|error| DataError::io("a thread for reading", error))?;
        let schema: SchemaRef = announced.recv().map_err(|_| DataError::Cancelled)??;
        drop(announced);
        Ok(Self::new(schema, receiver.into_iter()))
    }

    /// Gives the columns other types, where they have them not yet; their number must be the same.
    pub(crate) fn of_types(self, schema: SchemaRef) -> Self {
        if self.schema == schema {
            return self;
        }
        let target = Arc::clone(&schema);
        let cast_all = move |batch: RecordBatch| {
            let columns = batch.columns().iter().zip(target.fields());
            let columns = columns.map(|(column, field)| arrow_cast::cast(column, field.data_type()));
            let columns = columns.collect::<std::result::Result<Vec<_>, _>>()?;
            Ok(RecordBatch::try_new(Arc::clone(&target), columns)?)
        };
        Self::new(schema, self.batches.map(move |batch| batch.and_then(&cast_all)))
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

/// What a thread that connects says once, before its batches.
pub(crate) struct Announcement {
    announce: SyncSender<Result<SchemaRef>>,
    sink: BatchSink,
}

impl Announcement {
    /// Says which columns follow.
    pub fn schema(self, schema: SchemaRef) -> Result<BatchSink> {
        self.announce.send(Ok(schema)).map_err(|_| DataError::Cancelled)?;
        Ok(self.sink)
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
