"""Amazon Redshift for the tests: a server that the real CDK command line deploys to."""
