import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.CodeSystem;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.hl7.fhir.r4.model.ValueSet;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Asks HL7's validator about each line `name TAB profile TAB JSON` of a file and writes its messages, a line each:
 * `name TAB severity|id|place|text TAB …`. Arguments: the file, the file to write, the folders of definitions to load.
 */
public class Verdicts {
  public static void main(String[] args) throws Exception {
    FhirContext context = FhirContext.forR4();
    PrePopulatedValidationSupport definitions = new PrePopulatedValidationSupport(context);
    for (String folder : List.of(args).subList(2, args.length)) {
      try (Stream<Path> files = Files.list(Path.of(folder))) {
        for (Path file : (Iterable<Path>) files.filter(path -> path.toString().endsWith(".json")).sorted()::iterator) {
          String text = Files.readString(file);
          if (!text.matches("(?s).*\"resourceType\"\\s*:\\s*\"(StructureDefinition|ValueSet|CodeSystem)\".*")) continue;
          IBaseResource resource = context.newJsonParser().parseResource(text);
          if (resource instanceof StructureDefinition) definitions.addStructureDefinition(resource);
          else if (resource instanceof ValueSet) definitions.addValueSet(resource);
          else if (resource instanceof CodeSystem) definitions.addCodeSystem(resource);
        }
      }
    }
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    FhirInstanceValidator module = new FhirInstanceValidator(new ValidationSupportChain(
        new DefaultProfileValidationSupport(context), definitions,
        new InMemoryTerminologyServerValidationSupport(context), new CommonCodeSystemsTerminologyService(context),
        new SnapshotGeneratingValidationSupport(context), unknown));
    module.setAnyExtensionsAllowed(true);
    module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    FhirValidator validator = context.newValidator().registerValidatorModule(module);
    try (BufferedReader in = Files.newBufferedReader(Path.of(args[0])); PrintWriter out = new PrintWriter(args[1], "UTF-8")) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] parts = line.split("\t", 3);
        StringBuilder written = new StringBuilder(parts[0]);
        // On some wrong instances the validator itself fails: no verdict.
        try {
          ValidationOptions options = new ValidationOptions();
          if (!parts[1].isEmpty()) options.addProfile(parts[1]);
          for (SingleValidationMessage message : validator.validateWithResult(parts[2], options).getMessages())
            written.append('\t').append(message.getSeverity()).append('|').append(message.getMessageId()).append('|')
                .append(message.getLocationString()).append('|').append(oneLine(message.getMessage()));
        } catch (RuntimeException | Error thrown) {
          written.append("\tEXCEPTION|").append(thrown.getClass().getSimpleName()).append("||").append(oneLine(thrown.getMessage()));
        }
        out.println(written);
      }
    }
  }

  private static String oneLine(String text) {
    return String.valueOf(text).replaceAll("[\\t\\n\\r]", " ");
  }
}
