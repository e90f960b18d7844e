//! Extracts that are encrypted where they are kept.

use std::collections::BTreeMap;

use vivant_model::{ContentKind, ExtractEncryption, JobItem, JobItemKind, JobKind};
use vivant_store::{
    EncryptionRule, Error, NewJob, Outcome, PublishWorkbook, Sealing, SiteChanges, Workbook, encryption,
};

use crate::harness::{NOW, World, everywhere, publish_workbook};

everywhere!(
    an_enforced_site_keeps_no_extract_readable,
    what_is_stored_is_encrypted_anew_and_decrypted,
    an_owner_decides_where_the_site_lets_owners,
    ranges_of_encrypted_files_are_read,
    files_on_their_way_are_encrypted_on_an_enforced_site,
    a_mode_shows_before_its_job_has_ended,
    what_a_failed_job_left_is_asked_for_again,
);

const KIND: ContentKind = ContentKind::Workbook;
/// Longer than a piece, and easy to find.
const SECRET: &[u8] = b"PAR1 the salary of Ann ";

fn rows() -> Vec<u8> {
    SECRET.repeat(10_000)
}

async fn set(w: &World, mode: ExtractEncryption) {
    w.store.update_site(w.site, changes_to(mode), NOW).await.unwrap();
}

fn changes_to(mode: ExtractEncryption) -> SiteChanges {
    SiteChanges {
        settings: BTreeMap::from([(ExtractEncryption::SETTING.to_owned(), mode.as_str().to_owned())]),
        ..SiteChanges::default()
    }
}

/// How many objects hold the secret where they lie, and how many there are.
async fn readable(w: &World) -> (usize, usize) {
    let found = w.stored_objects().await;
    let holds = |bytes: &&Vec<u8>| bytes.windows(SECRET.len()).any(|some| some == SECRET);
    (found.iter().filter(holds).count(), found.len())
}

async fn publish(w: &World, encrypt: Option<bool>) -> Result<Workbook, Error> {
    let caller = w.admin();
    let publish = PublishWorkbook {
        encrypt_extracts: encrypt,
        ..publish_workbook(&caller, w.project, "Sales", true, w.spool(&rows()).await)
    };
    let published = w
        .store
        .publish_workbook_with(publish, vec![w.extract("orders", &rows()).await], None, NOW)
        .await?;
    Ok(published.workbook)
}

/// Demands that file and extract read back as they were published.
async fn assert_whole(w: &World, book: &Workbook) {
    let file = w.file(book.id).await;
    let extracts = w.store.extracts(w.site, KIND, book.id.0).await.unwrap();
    let stored = extracts.iter().map(|one| (&one.key, &one.sha256, one.size));
    for (key, sha256, size) in stored.chain([(&file.key, &file.sha256, file.size as i64)]) {
        let found = w.store.content().fetch(key).await.unwrap();
        assert_eq!((found.size() as i64, found.sha256()), (size, sha256.as_str()));
        assert_eq!(std::fs::read(found.path()).unwrap(), rows());
    }
    w.assert_sound().await;
}

async fn an_enforced_site_keeps_no_extract_readable(w: World) {
    set(&w, ExtractEncryption::Enforced).await;
    let book = publish(&w, None).await.unwrap();
    assert!(book.encrypt_extracts);
    assert_eq!(readable(&w).await, (0, 2));
    assert_whole(&w, &book).await;
    let more = vec![w.extract("orders", &rows()).await];
    w.store
        .swap_extracts(w.site, KIND, book.id.0, more, None, NOW)
        .await
        .unwrap();
    w.store.sweep(NOW + 1, 0).await.unwrap();
    assert_eq!(readable(&w).await, (0, 2));
    let refused = publish(&w, Some(false)).await;
    assert!(matches!(
        refused,
        Err(Error::Encryption(EncryptionRule::Enforced))
    ));
    let refused = w.store.seal_item(w.site, book.id.0, Sealing::Decrypt, NOW).await;
    assert!(matches!(
        refused,
        Err(Error::Encryption(EncryptionRule::Enforced))
    ));
    // A workbook without extracts is no secret.
    let caller = w.admin();
    let plain = PublishWorkbook {
        has_extracts: false,
        ..publish_workbook(&caller, w.project, "Plain", true, w.spool(&rows()).await)
    };
    w.store.publish_workbook(plain, NOW).await.unwrap();
    assert_eq!(readable(&w).await, (1, 3));
    w.assert_sound().await;
}

async fn what_is_stored_is_encrypted_anew_and_decrypted(w: World) {
    let book = publish(&w, None).await.unwrap();
    assert_eq!((readable(&w).await, book.encrypt_extracts), ((2, 2), false));
    let refused = w.store.seal_item(w.site, book.id.0, Sealing::Encrypt, NOW).await;
    assert!(matches!(
        refused,
        Err(Error::Encryption(EncryptionRule::Disabled))
    ));
    set(&w, ExtractEncryption::Enabled).await;
    // An older revision is encrypted along.
    let book = publish(&w, None).await.unwrap();
    w.store.sweep(NOW + 1, 0).await.unwrap();
    let key = |extracts: Vec<vivant_store::Extract>| extracts[0].key.clone();
    let mut keys = Vec::new();
    let steps = [
        (Sealing::Encrypt, true, (0, 3)),
        (Sealing::Anew(NOW + 3), true, (0, 3)),
        (Sealing::Decrypt, false, (3, 3)),
    ];
    for (number, (how, encrypted, expected)) in steps.into_iter().enumerate() {
        let now = NOW + 2 + number as i64;
        assert_eq!(w.store.items_to_seal(w.site, how).await.unwrap(), [book.id.0]);
        assert_eq!(w.store.seal_item(w.site, book.id.0, how, now).await.unwrap(), 3);
        w.store.sweep(now + 1, 0).await.unwrap();
        assert_eq!(readable(&w).await, expected, "{how:?}");
        let found = w.store.workbook(w.site, book.id).await.unwrap().unwrap();
        assert_eq!(found.encrypt_extracts, encrypted);
        assert_whole(&w, &book).await;
        keys.push(key(w.store.extracts(w.site, KIND, book.id.0).await.unwrap()));
        // Nothing is done twice, so a job that is begun again goes on where it was.
        assert_eq!(w.store.items_to_seal(w.site, how).await.unwrap(), []);
        assert_eq!(w.store.seal_item(w.site, book.id.0, how, now).await.unwrap(), 0);
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 3, "each was a new object");
    assert_eq!(
        w.store.site_usage(w.site).await.unwrap().storage_bytes,
        3 * rows().len() as i64
    );
}

async fn an_owner_decides_where_the_site_lets_owners(w: World) {
    let refused = publish(&w, Some(true)).await;
    assert!(matches!(
        refused,
        Err(Error::Encryption(EncryptionRule::Disabled))
    ));
    set(&w, ExtractEncryption::Enabled).await;
    for (asked, encrypted) in [
        (None, false),
        (Some(true), true),
        (None, true),
        (Some(false), false),
    ] {
        let book = publish(&w, asked).await.unwrap();
        assert_eq!(book.encrypt_extracts, encrypted, "{asked:?}");
        assert_whole(&w, &book).await;
    }
    w.workbook("Other").await;
    set(&w, ExtractEncryption::Enforced).await;
    w.store.seal_rest(w.site, Sealing::Encrypt).await.unwrap();
    for id in w.store.items_to_seal(w.site, Sealing::Encrypt).await.unwrap() {
        w.store
            .seal_item(w.site, id, Sealing::Encrypt, NOW)
            .await
            .unwrap();
    }
    w.store.sweep(NOW + 1, 0).await.unwrap();
    assert_eq!(readable(&w).await.0, 0);
    w.assert_sound().await;
}

async fn ranges_of_encrypted_files_are_read(w: World) {
    use futures_util::StreamExt as _;
    set(&w, ExtractEncryption::Enforced).await;
    let book = publish(&w, None).await.unwrap();
    let file = w.file(book.id).await;
    assert_eq!(w.store.content().local_path(&file.key), None);
    let (whole, size) = (rows(), rows().len() as u64);
    for range in [
        0..10,
        65_530..65_550,
        100_000..size,
        size - 1..size + 100,
        size..size + 1,
        7..7,
    ] {
        let (of, mut bytes) = w
            .store
            .content()
            .open(&file.key, Some(range.clone()))
            .await
            .unwrap();
        let mut found = Vec::new();
        while let Some(some) = bytes.next().await {
            found.extend_from_slice(&some.unwrap());
        }
        let end = range.end.min(size) as usize;
        assert_eq!(
            (of, found.as_slice()),
            (size, &whole[range.start as usize..end]),
            "{range:?}"
        );
    }
}

async fn files_on_their_way_are_encrypted_on_an_enforced_site(w: World) {
    set(&w, ExtractEncryption::Enforced).await;
    let caller = w.admin();
    let upload = w.store.create_upload(&caller, NOW).await.unwrap();
    for _ in 0..2 {
        let mut chunk = w.store.open_chunk(&caller, &upload, NOW).await.unwrap();
        chunk.write(&rows()).await.unwrap();
        let chunk = chunk.finish().await.unwrap();
        w.store.append_upload(&caller, &upload, chunk, NOW).await.unwrap();
    }
    let job = NewJob {
        file: Some(w.spool(&rows()).await),
        ..NewJob::new(w.site, JobKind::PublishWorkbook)
    };
    w.store.enqueue(job, NOW).await.unwrap();
    assert_eq!(readable(&w).await, (0, 3));
    let whole = w.store.take_upload(&caller, &upload, NOW).await.unwrap();
    assert_eq!(std::fs::read(whole.path()).unwrap(), rows().repeat(2));
    let lease = w.store.claim(1, 1_000, NOW).await.unwrap().remove(0).lease;
    let file = w.store.job_file(&lease).await.unwrap().unwrap();
    assert_eq!(std::fs::read(file.path()).unwrap(), rows());
    drop((whole, file));
    w.assert_sound().await;
}

async fn a_mode_shows_before_its_job_has_ended(w: World) {
    let book = publish(&w, None).await.unwrap();
    let job = NewJob::new(w.site, JobKind::EncryptExtracts);
    let changes = changes_to(ExtractEncryption::Enforced);
    let answered = w.store.update_site_with(w.site, changes, Some(job), NOW).await;
    let found = w.store.site(w.site).await.unwrap().unwrap();
    for site in [answered.unwrap(), found] {
        assert_eq!(site.settings[ExtractEncryption::SETTING], "enforced");
    }
    // What is published now obeys it; what is there says how it lies until the job has come to it.
    let encrypted = async || {
        let found = w.store.workbook(w.site, book.id).await.unwrap().unwrap();
        found.encrypt_extracts
    };
    assert!(!encrypted().await);
    assert!(matches!(
        publish(&w, Some(false)).await,
        Err(Error::Encryption(EncryptionRule::Enforced))
    ));
    let claimed = w.store.claim(1, 1_000, NOW).await.unwrap();
    assert_eq!(claimed[0].job.kind, JobKind::EncryptExtracts);
    w.store
        .seal_item(w.site, book.id.0, Sealing::Encrypt, NOW)
        .await
        .unwrap();
    assert!(encrypted().await);
    w.assert_sound().await;
}

async fn what_a_failed_job_left_is_asked_for_again(w: World) {
    set(&w, ExtractEncryption::Enabled).await;
    let book = publish(&w, None).await.unwrap();
    let needs = async |encrypt| w.store.needs_sealing(w.site, book.id.0, encrypt).await.unwrap();
    let ask = async |encrypt| {
        let job = NewJob {
            serial_key: Some(encryption::lane(w.site)),
            item: Some(JobItem {
                kind: JobItemKind::Workbook,
                id: book.id.0,
            }),
            ..NewJob::new(w.site, encryption::job_kind(encrypt))
        };
        let asked = w.store.ask_to_seal(w.site, book.id.0, encrypt, job, NOW).await;
        asked.unwrap();
    };
    let end = async |outcome| {
        let lease = w.store.claim(1, 1_000, NOW).await.unwrap().remove(0).lease;
        w.store.finish(&lease, outcome, NOW).await.unwrap();
    };
    assert_eq!((needs(true).await, needs(false).await), (true, false));
    // One that is in the queue is enough, and what is asked for after it holds.
    ask(true).await;
    assert_eq!((needs(true).await, needs(false).await), (false, true));
    ask(false).await;
    assert_eq!((needs(true).await, needs(false).await), (true, false));
    end(Outcome::cancelled()).await;
    end(Outcome::cancelled()).await;
    // The item says that it is encrypted, and its objects lie as they did.
    ask(true).await;
    end(Outcome::failed("The bucket was full.")).await;
    let found = w.store.workbook(w.site, book.id).await.unwrap().unwrap();
    assert!(found.encrypt_extracts && needs(true).await);
    let sealed = w.store.seal_item(w.site, book.id.0, Sealing::Encrypt, NOW).await;
    assert_eq!((sealed.unwrap(), needs(true).await), (2, false));
    w.assert_sound().await;
}
