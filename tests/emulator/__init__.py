"""
AWS on this machine: ministack, and a Redshift of our own in it.

Requests of the CDK command line and of boto3 flow in; what AWS would answer flows out, as far as it is modelled.
"""
