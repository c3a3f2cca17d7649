"""CloudFormation templates and cloud assemblies: parsed, evaluated and checked. Pure Python."""
