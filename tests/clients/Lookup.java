// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

/**
 * As lookup.c, by Java: its first argument is "inet" for InetAddress, which asks the C library, or
 * "jndi" for the resolver that Java has itself.
 */
public class Lookup {
    static List<String> inet(String type, String name) throws UnknownHostException {
        List<String> found = new ArrayList<>();
        for (InetAddress address : InetAddress.getAllByName(name)) {
            if (address instanceof Inet4Address == type.equals("A")) {
                found.add(address.getHostAddress());
            }
        }
        return found;
    }

    static List<String> jndi(String type, String name) throws NamingException {
        Hashtable<String, String> environment = new Hashtable<>();
        environment.put("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
        environment.put("java.naming.provider.url", "dns:");
        Attribute set = new InitialDirContext(environment).getAttributes(name, new String[] {type}).get(type);
        List<String> found = new ArrayList<>();
        for (int i = 0; set != null && i < set.size(); i++) {
            found.add(set.get(i).toString());
        }
        return found;
    }

    static String lookUp(boolean inet, String type, String name) {
        try {
            List<String> found = inet ? inet(type, name) : jndi(type, name);
            Collections.sort(found);
            return found.isEmpty() ? "nodata" : String.join(" ", found);
        } catch (UnknownHostException | NameNotFoundException e) {
            return "none";
        } catch (NamingException e) {
            return e.toString();
        }
    }

    public static void main(String[] args) {
        for (int i = 1; i + 1 < args.length; i += 2) {
            System.out.println(args[i] + " " + args[i + 1] + " " + lookUp(args[0].equals("inet"), args[i], args[i + 1]));
        }
    }
}
