//! Encrypted connections: a front before the tests' server speaks TLS, so that each test chooses its certificate.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use db::{Class, Db, Error, Options};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio_rustls::TlsAcceptor;

use crate::support::server;

/// What a client asks first who would speak TLS (PostgreSQL's protocol, "SSLRequest").
const WISH: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Who signs certificates, and the file that says so.
struct Issuer {
    signs: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Issuer {
    fn new() -> Issuer {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let signs = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("root.pem");
        std::fs::write(&file, signs.pem()).unwrap();
        Issuer { signs, file, _folder: folder }
    }

    /// A front that shows a certificate of this issuer for a name.
    fn front(&self, name: &str) -> Front {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.signs).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
                .unwrap();
        Front::new(Some(TlsAcceptor::from(Arc::new(config))))
    }
}

struct Front {
    port: u16,
    encrypted: Arc<AtomicUsize>,
    _runs: tokio::runtime::Runtime,
}

impl Front {
    fn new(speaks: Option<TlsAcceptor>) -> Front {
        let runs =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runs.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let encrypted = Arc::new(AtomicUsize::new(0));
        let count = encrypted.clone();
        runs.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, speaks.clone(), count.clone()));
            }
        });
        Front { port, encrypted, _runs: runs }
    }

    /// Asks a server that is reached through this front something.
    fn answers(&self, words: &str) -> Result<(i64,), Error> {
        let mut options =
            Options::new(format!("postgres://postgres@127.0.0.1:{}/postgres?{words}", self.port));
        options.acquire_timeout = Duration::from_secs(5);
        let db = Db::open(options)?;
        let answer = db.read_blocking(Class::Bounded, |tx| tx.one::<(i64,)>("select 1", &[]));
        db.close();
        answer
    }
}

/// Between a client and the server, encrypted on the client's side where this front speaks TLS.
async fn pass(
    mut client: TcpStream,
    speaks: Option<TlsAcceptor>,
    encrypted: Arc<AtomicUsize>,
) -> std::io::Result<()> {
    let mut first = [0; 8];
    client.read_exact(&mut first).await?;
    let mut behind = UnixStream::connect(socket()).await?;
    if first != WISH {
        behind.write_all(&first).await?;
        return copy_bidirectional(&mut client, &mut behind).await.map(|_| ());
    }
    let Some(speaks) = speaks else {
        client.write_all(b"N").await?;
        return copy_bidirectional(&mut client, &mut behind).await.map(|_| ());
    };
    client.write_all(b"S").await?;
    let mut client = speaks.accept(client).await?;
    encrypted.fetch_add(1, Ordering::Relaxed);
    copy_bidirectional(&mut client, &mut behind).await.map(|_| ())
}

/// The socket of the tests' server, which its URL names.
fn socket() -> PathBuf {
    let url = server();
    let host = url.rsplit('@').next().unwrap().split(['/', ':', '?']).next().unwrap().to_owned();
    let folder = percent_encoding::percent_decode_str(&host).decode_utf8().unwrap().into_owned();
    PathBuf::from(folder).join(".s.PGSQL.5432")
}

fn is_untrusted(answer: &Result<(i64,), Error>) -> bool {
    matches!(answer, Err(Error::Unavailable(why)) if why.contains("certificate"))
}

#[test]
fn a_connection_is_encrypted_where_the_server_can() {
    let front = Issuer::new().front("elsewhere.example");
    for (words, expected) in [("sslmode=disable", 0), ("", 1), ("sslmode=prefer", 1), ("sslmode=require", 1)]
    {
        let before = front.encrypted.load(Ordering::Relaxed);
        assert_eq!(front.answers(words).unwrap(), (1,), "{words}");
        let used = front.encrypted.load(Ordering::Relaxed) - before;
        assert_eq!(used.min(1), expected, "{words}");
    }
}

#[test]
fn a_server_that_cannot_encrypt_is_spoken_to_only_by_whoever_does_not_insist() {
    let front = Front::new(None);
    assert_eq!(front.answers("sslmode=prefer").unwrap(), (1,));
    let refused = front.answers("sslmode=require");
    assert!(matches!(&refused, Err(Error::Unavailable(why)) if why.contains("TLS")), "{refused:?}");
}

#[test]
fn a_certificate_is_checked_as_far_as_was_asked() {
    let (issuer, other) = (Issuer::new(), Issuer::new());
    let (ours, elsewhere) = (issuer.front("127.0.0.1"), issuer.front("elsewhere.example"));
    let words = |mode: &str, issuer: &Issuer| format!("sslmode={mode}&sslrootcert={}", issuer.file.display());
    assert_eq!(ours.answers(&words("verify-full", &issuer)).unwrap(), (1,));
    assert_eq!(elsewhere.answers(&words("verify-ca", &issuer)).unwrap(), (1,));
    for (front, words) in [
        (&elsewhere, words("verify-full", &issuer)),
        (&ours, words("verify-full", &other)),
        (&ours, words("verify-ca", &other)),
        // Whoever names roots wants them to be used.
        (&ours, words("require", &other)),
    ] {
        let refused = front.answers(&words);
        assert!(is_untrusted(&refused), "{words}: {refused:?}");
    }
}
