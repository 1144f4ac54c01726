-- The logins of one installation, run once by psql as the cluster's superuser (deploy/postgres/roles.sh).
-- Four group roles divide the rights; each login has one of them. The superuser logs in from its container only.
\set ON_ERROR_STOP on

CREATE ROLE cordon_owner NOLOGIN;
CREATE ROLE cordon_writer NOLOGIN;
CREATE ROLE cordon_signer NOLOGIN;
CREATE ROLE cordon_compliance NOLOGIN;

CREATE ROLE cordon_admin LOGIN CREATEROLE PASSWORD :'admin_password';
CREATE ROLE cordon_worker LOGIN PASSWORD :'worker_password' CONNECTION LIMIT 40;
CREATE ROLE cordon_signing LOGIN PASSWORD :'signer_password' CONNECTION LIMIT 10;
CREATE ROLE cordon_reading LOGIN PASSWORD :'compliance_password' CONNECTION LIMIT 10;
CREATE ROLE prefect LOGIN PASSWORD :'prefect_password';

GRANT cordon_owner, cordon_writer, cordon_signer, cordon_compliance TO cordon_admin WITH ADMIN OPTION;
GRANT cordon_writer TO cordon_worker;
GRANT cordon_signer TO cordon_signing;
GRANT cordon_compliance TO cordon_reading;

CREATE DATABASE cordon OWNER cordon_admin;
CREATE DATABASE prefect OWNER prefect;
REVOKE CONNECT ON DATABASE cordon FROM PUBLIC;
REVOKE CONNECT ON DATABASE prefect FROM PUBLIC;
GRANT CONNECT ON DATABASE cordon TO cordon_worker, cordon_signing, cordon_reading;
GRANT CREATE ON DATABASE cordon TO cordon_owner;

\connect prefect
CREATE EXTENSION IF NOT EXISTS pg_trgm;
