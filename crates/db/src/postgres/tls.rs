//! Encrypted connections, as the words of a URL ask for them: `sslmode` and `sslrootcert` mean what they mean to libpq
//! (PostgreSQL's documentation, "SSL Support"), but that the machine's own roots are used where a certificate is to be
//! checked and none are named.

use std::path::Path;
use std::sync::Arc;

use ::postgres::config::SslMode;
use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

const MODES: &str = "disable, prefer, require, verify-ca or verify-full";

/// What of a server's certificate is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    Nothing,
    /// Who signed it.
    Issuer,
    /// That, and that it is the certificate of the host in the URL.
    IssuerAndName,
}

/// What a URL asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wish {
    pub mode: SslMode,
    check: Check,
    /// A file with the certificates of who may sign; without one, those that the machine trusts.
    roots: Option<String>,
}

impl Wish {
    /// Takes the wish out of a URL; the rest is for the driver, which knows fewer words.
    pub fn of(url: &str) -> Result<(String, Wish), Error> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode_word, mut roots, mut rest) = (None, None, Vec::new());
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("sslmode", word)) => mode_word = Some(word),
                Some(("sslrootcert", file)) => {
                    let file = percent_decode_str(file).decode_utf8().map_err(|_| {
                        Error::Unsupported("sslrootcert in the database's URL is not UTF-8".into())
                    })?;
                    roots = Some(file.into_owned());
                }
                _ => rest.push(part),
            }
        }
        let (mode, check) = match mode_word {
            Some("disable") => (SslMode::Disable, Check::Nothing),
            None | Some("prefer") => (SslMode::Prefer, Check::Nothing),
            // Whoever names roots wants them to be used.
            Some("require") if roots.is_none() => (SslMode::Require, Check::Nothing),
            Some("require" | "verify-ca") => (SslMode::Require, Check::Issuer),
            Some("verify-full") => (SslMode::Require, Check::IssuerAndName),
            Some(word) => {
                let why = format!("sslmode={word} in the database's URL: it is {MODES}");
                return Err(Error::Unsupported(why));
            }
        };
        let roots = roots.filter(|file| file != "system");
        // Whom a machine trusts sign for anybody: without the name that would say nothing about who answers.
        if check == Check::Issuer && roots.is_none() {
            let why = format!(
                "sslmode={} needs sslrootcert=FILE, or be verify-full",
                mode_word.unwrap_or_default()
            );
            return Err(Error::Unsupported(why));
        }
        let url = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
        Ok((url, Wish { mode, check, roots }))
    }

    /// What makes connections so.
    pub fn connector(&self) -> Result<MakeRustlsConnect, Error> {
        let provider = Arc::new(ring::default_provider());
        let chain = match self.check {
            Check::Nothing => None,
            Check::Issuer | Check::IssuerAndName => {
                let roots = Arc::new(self.trusted()?);
                let made = WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build();
                Some(made.map_err(|error| Error::Unsupported(format!("sslrootcert: {error}")))?)
            }
        };
        let checks_name = self.check == Check::IssuerAndName;
        let verifier = Arc::new(Verifier { chain, checks_name, provider: provider.clone() });
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::Unsupported(format!("TLS: {error}")))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(MakeRustlsConnect::new(config))
    }

    fn trusted(&self) -> Result<RootCertStore, Error> {
        let mut roots = RootCertStore::empty();
        let Some(file) = &self.roots else {
            let found = rustls_native_certs::load_native_certs();
            if roots.add_parsable_certificates(found.certs).0 == 0 {
                let why = "this machine trusts nobody: name the server's issuer by sslrootcert=FILE";
                return Err(Error::Unsupported(why.into()));
            }
            return Ok(roots);
        };
        let unreadable = |why: String| Error::Unsupported(format!("sslrootcert={file}: {why}"));
        let certificates = CertificateDer::pem_file_iter(Path::new(file))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable(error.to_string()))?;
        if certificates.is_empty() {
            return Err(unreadable("no certificate is in this file".into()));
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
        }
        Ok(roots)
    }
}

/// Checks as much of a certificate as was asked for. That the server has the certificate's key is always checked.
#[derive(Debug)]
struct Verifier {
    chain: Option<Arc<WebPkiServerVerifier>>,
    checks_name: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            // The name is looked at last, when the issuer has been found good.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.checks_name => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(query: &str) -> (String, Wish) {
        Wish::of(&format!("postgres://a@h/db{query}")).unwrap()
    }

    #[test]
    fn a_url_says_how_connections_are_encrypted() {
        let cases = [
            ("", SslMode::Prefer, Check::Nothing, None),
            ("?sslmode=disable", SslMode::Disable, Check::Nothing, None),
            ("?sslmode=require", SslMode::Require, Check::Nothing, None),
            ("?sslmode=require&sslrootcert=/a%20b.pem", SslMode::Require, Check::Issuer, Some("/a b.pem")),
            ("?sslmode=verify-full", SslMode::Require, Check::IssuerAndName, None),
            ("?sslrootcert=system&sslmode=verify-full", SslMode::Require, Check::IssuerAndName, None),
        ];
        for (query, mode, check, roots) in cases {
            let (url, wish) = wish(query);
            assert_eq!(url, "postgres://a@h/db");
            assert_eq!(wish, Wish { mode, check, roots: roots.map(str::to_owned) }, "{query}");
        }
        assert_eq!(
            wish("?connect_timeout=3&sslmode=require&user=b").0,
            "postgres://a@h/db?connect_timeout=3&user=b"
        );
    }

    #[test]
    fn a_wish_that_cannot_be_granted_is_refused() {
        for query in [
            "?sslmode=allow",
            "?sslmode=",
            "?sslmode=verify-ca",
            "?sslmode=require&sslrootcert=system",
            "?sslrootcert=%ff",
        ] {
            assert!(Wish::of(&format!("postgres://a@h/db{query}")).is_err(), "{query}");
        }
        let (_, wish) = wish("?sslmode=verify-full&sslrootcert=/nowhere.pem");
        let refused = wish.connector().err().unwrap().to_string();
        assert!(refused.contains("/nowhere.pem"), "{refused}");
    }
}
